// What share of the processors the calling thread gets (Linux). Best effort: a system that does
// not allow it leaves the thread as it was.
#pragma once

namespace ringfort::util {

// Woken before all ordinary work, for short pieces of work that must not wait: the lowest real-time
// priority. Where that is not allowed niceness -10, and slices of 0.1 ms where the scheduler has
// them (Linux 6.12); niceness counts only among the threads of one service or session.
void put_thread_ahead();

// Runs when others leave room: niceness 1 to 19.
void put_thread_behind(int nice);

}  // namespace ringfort::util
