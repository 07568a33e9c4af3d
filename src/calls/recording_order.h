// What somebody may want of a running call's recording. Plain data.
#pragma once

namespace ringfort::calls {

enum class RecordingOrder { record, pause, off };

}  // namespace ringfort::calls
