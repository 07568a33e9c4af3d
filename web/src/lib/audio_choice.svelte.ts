// How somebody wants audio handed out. The last choice stands until the page is left; numbers
// are off each time, because they make the file personal.
import type { AudioChoice, AudioFormat } from './types';

export const FORMATS: { format: AudioFormat; name: string; hint: string }[] = [
  { format: 'wav', name: 'WAV', hint: 'plays everywhere, large' },
  { format: 'mp3', name: 'MP3', hint: 'plays everywhere, small' },
  { format: 'aac', name: 'AAC', hint: 'for Apple devices, small' },
  { format: 'opus', name: 'Opus', hint: 'smallest, best sound' },
  { format: 'ogg', name: 'Ogg Vorbis', hint: 'for older players' },
];

export function formatName(format: string): string {
  return FORMATS.find((one) => one.format === format)?.name ?? format;
}

let last: AudioChoice = { format: 'wav', channels: 2, numbers: false };

export function freshChoice(): AudioChoice {
  return { ...last, numbers: false };
}

export function rememberChoice(choice: AudioChoice): void {
  last = { ...choice };
}
