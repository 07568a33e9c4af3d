// The writes of the call path with statements that stay prepared; the writer thread uses these.
#pragma once

#include "domain/call.h"
#include "domain/recording.h"
#include "store/statements.h"

namespace ringfort::store {

void save_call(Statements& statements, const domain::Call& call);
void save_recording(Statements& statements, const domain::Recording& recording);

}  // namespace ringfort::store
