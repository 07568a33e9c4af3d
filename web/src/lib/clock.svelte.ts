// The time of day for everything that ticks, once a second.

let now = $state(Date.now());
setInterval(() => {
  now = Date.now();
}, 1000);

export const clock = {
  get now() {
    return now;
  },
};
