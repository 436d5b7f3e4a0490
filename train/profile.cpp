#include "train/profile.h"

#include <algorithm>

#include "autograd/node.h"
#include "autograd/record.h"

namespace gradus {
namespace {

double watch_seconds(std::chrono::steady_clock::time_point a,
                     std::chrono::steady_clock::time_point b) {
  return std::chrono::duration<double>(b - a).count();
}

// Null if there is none yet.
template <class Rows>
auto find_row(Rows& rows, const std::string& op, Pass pass) {
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const ProfileRow& r) { return r.op == op && r.pass == pass; });
  return row == rows.end() ? nullptr : &*row;
}

OpCall call_of(const char* op, const Tensor& y, std::span<const Tensor* const> inputs) {
  OpCall call{.op = op, .y = y.shape()};
  for (const Tensor* x : inputs) {
    call.inputs.push_back(x->defined() ? OpCall::Input{x->shape(), autograd::wants_grad(*x)}
                                       : OpCall::Input{Shape{0}, false});
    call.is_view = call.is_view || (x->defined() && x->storage() == y.storage());
  }
  return call;
}

}  // namespace

const ProfileRow* StepProfile::find(const std::string& op, Pass pass) const {
  return find_row(rows, op, pass);
}

void Profiler::start_step() {
  step_ = {};
  backward_work_.clear();
  bookkeeping_ = 0;
  start_ = watch_ = Clock::now();
}

double Profiler::read_watch() const { return watch_seconds(watch_, Clock::now()); }

// Ends the bookkeeping: the watch runs again.
void Profiler::add(const std::string& op, Pass pass, double seconds, const Work& work) {
  ProfileRow* row = find_row(step_.rows, op, pass);
  if (row == nullptr) row = &step_.rows.emplace_back(ProfileRow{.op = op, .pass = pass});
  ++row->calls;
  row->seconds += seconds;
  row->work += work;
  const auto now = Clock::now();
  bookkeeping_ += watch_seconds(watch_, now) - seconds;
  watch_ = now;
}

void Profiler::op_done(const char* op, const Tensor& y, std::span<const Tensor* const> inputs) {
  if (y.node() == nullptr) return;  // the watch runs on for the op that this is a part of
  const double seconds = read_watch();
  OpCall call = call_of(op, y, inputs);
  call.causal = causal_;
  backward_work_[y.node()->id] = backward_work(call);
  add(op, Pass::forward, seconds, forward_work(call));
}

Tensor Profiler::forward(const std::function<Tensor()>& loss) {
  Tensor y;
  {
    const Observe observe(
        [&](const char* op, Tensor& result, std::span<const Tensor* const> inputs) {
          op_done(op, result, inputs);
        });
    y = loss();
  }
  lap(everything_else);
  return y;
}

void Profiler::backward(const Tensor& loss) {
  {
    const Observe observe({}, [&](const autograd::Node& node) {
      const double seconds = read_watch();
      add(node.op, Pass::backward, seconds, backward_work_[node.id]);
    });
    loss.backward();
  }
  lap(everything_else);
}

void Profiler::lap(const std::string& name, const Work& work) {
  add(name, Pass::update, read_watch(), work);
}

void Profiler::end_step() {
  lap(everything_else);
  step_.seconds = watch_seconds(start_, watch_) - bookkeeping_;
  const bool first = best_.rows.empty();
  best_.seconds = first ? step_.seconds : std::min(best_.seconds, step_.seconds);
  for (const ProfileRow& row : step_.rows) {
    ProfileRow* best = find_row(best_.rows, row.op, row.pass);
    if (best == nullptr) {
      best_.rows.push_back(row);
    } else if (row.seconds < best->seconds) {
      *best = row;
    }
  }
}

StepProfile Profiler::result() const {
  StepProfile result = best_;
  double rest = best_.seconds;
  for (const ProfileRow& row : best_.rows) rest -= row.seconds;
  result.rows.push_back({.op = noise, .calls = 1, .seconds = std::max(0.0, rest)});
  return result;
}

}  // namespace gradus
