// How a call lies in the columns of its row. Used inside the store only.
#pragma once

#include <cstdint>
#include <string>

#include "domain/call.h"
#include "store/statements.h"

namespace ringfort::store {

// The first row number that a call of this time may have; those of later times are greater.
std::int64_t first_row_number(domain::Time started_at);

// "n, id, …": what read_call_columns() reads, of the table or alias `c`.
extern const char* const call_columns;

struct NumberedCall {
  std::int64_t n = 0;
  domain::Call call;  // without legs, events and trace
};
NumberedCall read_call_columns(Query& row);

}  // namespace ringfort::store
