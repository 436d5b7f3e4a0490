#pragma once
// Progress of long work, on standard error: a bar on a terminal, plain lines elsewhere.

#include <chrono>
#include <cstdint>
#include <string>

namespace gradus {

class Progress {
 public:
  /// `total` steps, of which `done` lie behind already (a resumed run).
  Progress(std::string what, int64_t total, int64_t done = 0, bool quiet = false);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows that `done` steps are behind, with `note` beside the bar. On a terminal the bar is drawn
  /// at most ten times a second; elsewhere nothing is shown.
  void update(int64_t done, const std::string& note);
  /// A line that stays: above the bar on a terminal.
  void line(const std::string& text);
  /// The same for what must be seen, however quiet.
  void warning(const std::string& text);
  /// There are more or fewer steps than was thought.
  void set_total(int64_t total) { total_ = total; }
  /// Removes the bar.
  void clear();
  /// Seconds since the start, and until the end at the present pace.
  double seconds() const;
  double seconds_left(int64_t done) const;

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  int64_t total_, first_;
  bool terminal_, quiet_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now(), last_draw_{};
};

/// "1:02:03" or "2:03".
std::string clock_time(double seconds);

}  // namespace gradus
