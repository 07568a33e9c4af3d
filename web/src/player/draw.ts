// Paints one lane, or both in a strip, onto a canvas.
import type { Waveform } from '../lib/types';
import type { Lane, Marks, Span } from './lanes';
import { level, loudest } from './wave';

export interface Picture {
  wave: Waveform | null;
  lanes: Lane[]; // one: a lane; two: a strip
  marks: Marks;
  view: Span;
  at: number;
  window?: Span; // drawn as a frame, on the strip
}

export type Paint = (token: string) => string;

// Colours of the theme as the canvas needs them: light-dark() is resolved by painting it on an
// element. Remembers them, so make a new one when the theme changes.
export function paints(canvas: HTMLCanvasElement): Paint {
  const known = new Map<string, string>();
  return (name) => {
    let colour = known.get(name);
    if (colour === undefined) {
      canvas.style.color = `var(${name})`;
      colour = getComputedStyle(canvas).color;
      known.set(name, colour);
    }
    return colour;
  };
}

function begin(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  const ratio = devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const pen = canvas.getContext('2d');
  pen?.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen?.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  return pen;
}

export function draw(canvas: HTMLCanvasElement, picture: Picture, paint: Paint): void {
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const pen = width > 0 ? begin(canvas) : null;
  if (!pen) return;
  const { view, at, marks } = picture;
  const x = (time: number) => ((time - view.from) / (view.to - view.from)) * width;

  if (at > view.from) {
    pen.globalAlpha = 0.55;
    pen.fillStyle = paint('--tint');
    pen.fillRect(0, 0, Math.min(width, x(at)), height);
    pen.globalAlpha = 1;
  }
  pen.fillStyle = paint('--sunken');
  for (const hold of marks.holds) pen.fillRect(x(hold.from), 0, x(hold.to) - x(hold.from), height);

  for (const pause of marks.pauses) {
    hatched(pen, { left: x(pause.from), width: x(pause.to) - x(pause.from), height }, paint);
  }

  const each = height / picture.lanes.length;
  picture.lanes.forEach((lane, i) => {
    pen.fillStyle = paint(lane.colour === 'out' ? '--voice-out' : '--voice-in');
    bars(pen, picture, lane, { top: i * each, height: each, width });
  });

  pen.fillStyle = paint('--text-3');
  for (const moment of marks.moments) {
    for (let y = 0; y < height; y += 5) pen.fillRect(Math.round(x(moment)), y, 1, 3);
  }
  if (at >= view.from && at <= view.to) {
    pen.fillStyle = paint('--text');
    pen.fillRect(Math.round(x(at)) - 0.75, 0, 1.5, height);
  }
  if (picture.window) {
    const { from, to } = picture.window;
    pen.strokeStyle = paint('--accent');
    pen.lineWidth = 1.5;
    pen.strokeRect(x(from) + 0.75, 0.75, Math.max(2, x(to) - x(from) - 1.5), height - 1.5);
  }
}

// A stretch of which nothing was kept: amber with slanting lines, told apart without colour too.
function hatched(
  pen: CanvasRenderingContext2D,
  area: { left: number; width: number; height: number },
  paint: Paint,
): void {
  const { left, width, height } = area;
  pen.save();
  pen.beginPath();
  pen.rect(left, 0, Math.max(1, width), height);
  pen.clip();
  pen.fillStyle = paint('--warn-tint');
  pen.fillRect(left, 0, Math.max(1, width), height);
  pen.strokeStyle = paint('--warn-line');
  pen.lineWidth = 1;
  pen.beginPath();
  for (let px = left - height; px < left + width; px += 7) {
    pen.moveTo(px, height);
    pen.lineTo(px + height, 0);
  }
  pen.stroke();
  pen.restore();
}

interface Room {
  top: number;
  height: number;
  width: number;
}

function bars(pen: CanvasRenderingContext2D, picture: Picture, lane: Lane, room: Room): void {
  const { wave, view, at } = picture;
  if (!wave) return;
  const thin = picture.lanes.length > 1;
  const step = thin ? 2 : 3;
  const perPixel = (view.to - view.from) / room.width;
  const top = loudest(wave);
  const middle = room.top + room.height / 2;
  for (let px = 0; px < room.width; px += step) {
    const from = view.from + px * perPixel;
    if (from > wave.seconds) break;
    const loud = level(wave, lane.channel, from, from + step * perPixel, top);
    const tall = Math.max(1, loud * (room.height - 6));
    pen.globalAlpha = from <= at ? 1 : 0.66;
    pen.fillRect(px, middle - tall / 2, thin ? 1 : 2, tall);
  }
  pen.globalAlpha = 1;
}
