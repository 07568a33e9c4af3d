// A row of the list as the live stream knows it: ringing, talking or on hold.
import { box } from '../../lib/box.svelte';
import type { CallRow, LiveCall } from '../../lib/types';

export function current(row: CallRow): CallRow & Partial<LiveCall> {
  return row.outcome === 'ongoing' ? (box.call(row.id) ?? row) : row;
}
