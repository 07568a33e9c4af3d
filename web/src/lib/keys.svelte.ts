// Keys for whole pages. Single letters are off while somebody types and can be switched off.

const KEY = 'ringfort.letters';

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}

let letters = $state(remembered());

export const keys = {
  get letters() {
    return letters;
  },
};

export function useLetters(on: boolean): void {
  letters = on;
  try {
    localStorage.setItem(KEY, on ? 'on' : 'off');
  } catch {
    // Not remembered then; the choice still holds for this page.
  }
}

export function typing(event: KeyboardEvent): boolean {
  const target = event.target as Element | null;
  return !!target?.matches('input:not([type=checkbox]), textarea, select');
}

// The key to act on, or null when it is somebody else's: modified, typed into a field, or
// meant for an open dialog.
export function plainKey(event: KeyboardEvent): string | null {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return null;
  if (typing(event) || document.querySelector('dialog[open]')) return null;
  if (event.key.length === 1 && event.key !== ' ' && !letters) return null;
  return event.key;
}

// Space on a button presses the button, not the player.
export function onControl(event: KeyboardEvent): boolean {
  return !!(event.target as Element | null)?.closest('button, a, summary, input, select');
}
