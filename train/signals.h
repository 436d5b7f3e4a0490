#pragma once
// SIGINT and SIGTERM ask a run to finish its step and save; a second SIGINT ends it at once.

namespace gradus {

/// From here on the signals are caught, by the calling thread.
void watch_signals();
/// A full disk, a file size limit or a closed pipe is an error of the write, not the end of the
/// process.
void survive_failed_writes();
/// The signal that asked for an end, or 0.
int stop_signal();

}  // namespace gradus
