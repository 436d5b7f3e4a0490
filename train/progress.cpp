#include "train/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "train/terminal.h"

namespace gradus {
namespace {

std::string bar(double fraction, int width) {
  const int filled = static_cast<int>(fraction * width);
  std::string text;
  for (int i = 0; i < width; ++i) text += i < filled ? "━" : "─";
  return text;
}

// Nobody who reads along is no reason to stop: what cannot be written is lost.
void write(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace

std::string clock_time(double seconds) {
  const int64_t s = static_cast<int64_t>(std::max(seconds, 0.0) + 0.5);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

Progress::Progress(std::string what, int64_t total, int64_t done, bool quiet)
    : what_(std::move(what)),
      total_(total),
      first_(done),
      terminal_(isatty(STDERR_FILENO) != 0),
      quiet_(quiet) {}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

double Progress::seconds_left(int64_t done) const {
  if (done <= first_) return 0;
  return seconds() / static_cast<double>(done - first_) * static_cast<double>(total_ - done);
}

void Progress::update(int64_t done, const std::string& note) {
  if (!terminal_ || quiet_) return;
  const auto now = Clock::now();
  if (done < total_ && now - last_draw_ < std::chrono::milliseconds(100)) return;
  last_draw_ = now;
  const double fraction = total_ > 0 ? static_cast<double>(done) / static_cast<double>(total_) : 1;
  const std::string head = fmt::format("{} {}/{} ", what_, done, total_);
  const std::string tail = fmt::format(" {}  {} left", note, clock_time(seconds_left(done)));
  const int room = terminal_width(STDERR_FILENO) - 1 - static_cast<int>(head.size() + tail.size());
  const std::string text = head + bar(fraction, std::clamp(room, 4, 40)) + tail;
  write("\r\033[K" + text);
  drawn_ = true;
}

void Progress::line(const std::string& text) {
  if (quiet_) return;
  clear();
  write(text + "\n");
}

void Progress::warning(const std::string& text) {
  clear();
  write("warning: " + text + "\n");
}

void Progress::clear() {
  if (!drawn_) return;
  write("\r\033[K");
  drawn_ = false;
}

}  // namespace gradus
