// How messages are read: sofia's own message class with limits of ours, which hold for every
// message on every transport. The packaged library (1.12.11) makes the message that follows
// another one in the same read without NTATAG_MAXSIZE, and does not check its Content-Length: one
// segment with two requests could write 4 GiB beyond the buffer. It also walks through all header
// lines once more for each of them, so that 64 KiB of empty ones took two seconds.
#pragma once

#include "sip/sofia.h"

namespace ringfort::sip {

inline constexpr unsigned largest_message = 64 * 1024;  // bytes, headers and body
inline constexpr int most_header_lines = 512;

// For NTATAG_MCLASS. Constant, made once.
const msg_mclass_t* message_class();

}  // namespace ringfort::sip
