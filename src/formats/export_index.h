// The index of an export: which call is which file, and what could not be taken out, for people
// (CSV) and for programs (JSON). Pure; any thread.
#pragma once

#include <string>

#include "formats/outgoing.h"
#include "store/calls.h"

namespace ringfort::formats {

// One call of an export.
struct ExportedCall {
  store::CallRow row;
  std::string file;     // in the archive; empty: there is none
  std::string problem;  // why there is none, or why it is not whole; plain words
};

std::string index_csv_header(const Wish& wish);
std::string index_csv_line(const Wish& wish, const ExportedCall& call);
// An object without a line end.
std::string index_json(const Wish& wish, const ExportedCall& call);

}  // namespace ringfort::formats
