// How a bulk export stands, in words.
import { count, plural, size } from './format';
import type { ExportState } from './types';

export interface ExportWords {
  title: string;
  detail: string;
}

export function exportWords(state: ExportState): ExportWords {
  const parts = `${count(state.done)} of ${plural(state.calls, 'call')}`;
  const sent = state.bytes > 0 ? `, ${size(state.bytes)}` : '';
  switch (state.state) {
    case 'ready':
      return { title: 'Waiting for the browser to fetch it', detail: plural(state.calls, 'call') };
    case 'running':
      return {
        title: `Exporting ${parts}`,
        detail: `Keep this browser open${sent && `;${sent.slice(1)} so far`}.`,
      };
    case 'done':
      return {
        title: `${plural(state.done, 'call')} exported${sent}`,
        detail: state.text || 'The archive is complete.',
      };
    case 'stopped':
      return {
        title: `Stopped after ${parts}`,
        detail: state.text || 'The download was broken off; the archive is not complete.',
      };
    case 'failed':
      return { title: 'The export failed', detail: state.text || `${parts} were done.` };
  }
}
