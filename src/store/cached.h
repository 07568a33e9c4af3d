// What is done often, with statements that stay prepared: the writer thread's and a list's.
#pragma once

#include "domain/call.h"
#include "domain/evidence.h"
#include "domain/recording.h"
#include "store/statements.h"
#include "util/signing.h"

namespace ringfort::store {

void save_call(Statements& statements, const domain::Call& call);
void save_recording(Statements& statements, const domain::Recording& recording);
std::optional<domain::Recording> recording_of_call(Statements& statements, const std::string& call);
domain::EvidenceEntry append_evidence(Statements& statements, const util::SigningKey& signer,
                                      const domain::EvidenceDraft& draft);
void note_sealed(Statements& statements, const util::SigningKey& signer,
                 const domain::Recording& recording);
// A party said no while the call ran: the key is destroyed, this is the receipt.
void note_discarded(Statements& statements, const util::SigningKey& signer,
                    const domain::Recording& recording);

}  // namespace ringfort::store
