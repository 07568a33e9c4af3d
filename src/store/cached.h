// What is done often, with statements that stay prepared: the writer thread's and a list's.
#pragma once

#include "domain/call.h"
#include "domain/recording.h"
#include "store/statements.h"

namespace ringfort::store {

void save_call(Statements& statements, const domain::Call& call);
void save_recording(Statements& statements, const domain::Recording& recording);
std::optional<domain::Recording> recording_of_call(Statements& statements, const std::string& call);

}  // namespace ringfort::store
