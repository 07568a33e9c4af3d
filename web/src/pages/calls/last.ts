// The list that was looked at last, so that a call leads back to it.

let address = '/calls';

export function rememberList(list: string): void {
  address = list;
}

export function lastList(): string {
  return address;
}
