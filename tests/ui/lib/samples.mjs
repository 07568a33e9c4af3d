// What the box might say of its keeping, as the pages need it.
const DAY = 86_400_000;
const after = (days) => new Date(Date.now() + days * DAY).toISOString();

export const damage = {
  kind: 'changed',
  text: 'Its content is not what was sealed: the fingerprint differs from the one in the signed log.',
  found_at: after(-0.2),
};

export const hold = { reason: 'Claim 2026-114', by: 'mara', since: after(-3), until: after(104) };

export const storage = {
  free_bytes: 61_400_000_000,
  total_bytes: 128_000_000_000,
  reserve_bytes: 2_000_000_000,
  recordings_bytes: 41_300_000_000,
  store_bytes: 1_900_000_000,
  daily_growth_bytes: 1_450_000_000,
  full_in_days: 41.3,
  full_at: after(41.3),
  retention_days: 92,
  retention_fits: false,
  warning:
    'Recordings are to be kept for 92 days, but the disk is full in 41 days. Add space or keep them for a shorter time.',
  backup: {
    last_at: after(-0.4),
    ok: true,
    text: '1,204 recordings, 318 of them new. Every hash was checked.',
  },
  backup_check: { last_at: after(-1), ok: true, text: 'Every hash was as it should be.' },
  check: { last_at: after(-2), ok: false, text: '12,840 recordings were read.', findings: 1 },
};

export const roomy = {
  ...storage,
  full_in_days: null,
  full_at: null,
  daily_growth_bytes: null,
  retention_fits: null,
  warning: null,
  backup: { last_at: null, ok: null, text: '' },
  backup_check: { last_at: null, ok: null, text: '' },
  check: { last_at: null, ok: null, text: '', findings: 0 },
};

export const head = {
  sequence: 12_871,
  hash: '9f3c71ae5b0c6d1a4f2e8890b7a3c6d5e1f0a9b8c7d6e5f40312a4b5c6d704d2',
  signed_at: after(-0.01),
  signature: '5d2c'.repeat(32),
  public_key: 'b1946ac92492d2347c6235b4d2611184a1f0c3e5b7d9f1a2c4e6080a1c3e5f70',
};
