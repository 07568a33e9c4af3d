// Copying a phone number gives its +49… form, whatever form is shown.

export function copyNumber(event: ClipboardEvent): void {
  const selection = document.getSelection();
  const anchor = selection?.anchorNode?.parentElement?.closest<HTMLElement>('[data-number]');
  const focus = selection?.focusNode?.parentElement?.closest<HTMLElement>('[data-number]');
  const number = anchor?.dataset.number;
  if (!number || anchor !== focus || !event.clipboardData) return;
  if (selection?.toString().trim() !== anchor.textContent?.trim()) return;
  event.clipboardData.setData('text/plain', number);
  event.preventDefault();
}
