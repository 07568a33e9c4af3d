// Light, dark or as the system: remembered in this browser.

export type Theme = 'light' | 'dark' | 'system';
const KEY = 'ringfort.theme';

function remembered(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system'; // storage is switched off
  }
}

function apply(value: Theme): void {
  if (value === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
}

const first = remembered();
let chosen = $state<Theme>(first);
// Counts changes of what is painted, so that canvases know when to draw again.
let painted = $state(0);
apply(first);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => painted++);

export const theme = {
  get chosen() {
    return chosen;
  },
  get painted() {
    return painted;
  },
};

export function setTheme(value: Theme): void {
  chosen = value;
  apply(value);
  painted++;
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // Not remembered then; the choice still holds for this page.
  }
}
