#include "model/step_graphs.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace unclip::model {
namespace {

int64_t RowCount(const StepGraphs::Parts& parts) {
  int64_t count = 0;
  for (const at::Tensor& part : parts) count += part.size(0);
  return count;
}

bool AreSame(const StepGraphs::Parts& a, const StepGraphs::Parts& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!a[i].is_same(b[i])) return false;
  }
  return true;
}

std::string KeyOf(const std::string& name, int64_t bucket, absl::Span<const StepGraphs::Parts> inputs) {
  std::string key = absl::StrCat(name, " of ", bucket);
  for (const StepGraphs::Parts& parts : inputs) {
    const at::IntArrayRef row = parts.front().sizes().slice(1);
    absl::StrAppend(&key, "; ", absl::StrJoin(row.begin(), row.end(), "x"), " ", c10::toString(parts.front().scalar_type()));
  }
  return key;
}

}  // namespace

int64_t StepGraphs::BucketOf(int64_t rows) {
  int64_t bucket = 1;
  while (bucket < rows) bucket *= 2;
  return bucket;
}

std::vector<at::Tensor> StepGraphs::Run(const std::string& name, absl::Span<const Parts> inputs, const Function& function) {
  const int64_t rows = RowCount(inputs.front()), bucket = BucketOf(rows);
  for (const Parts& parts : inputs) {
    TORCH_CHECK(RowCount(parts) == rows, name, " has inputs of ", rows, " and of ", RowCount(parts), " rows");
  }
  const std::string key = KeyOf(name, bucket, inputs);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    Entry entry = NewEntry(inputs, bucket);
    Fill(inputs, entry);
    Record(function, entry);  // may throw, so the entry joins the others only afterwards
    found = entries_.emplace(key, std::move(entry)).first;
  } else {
    Fill(inputs, found->second);
  }
  found->second.work->Run();
  std::vector<at::Tensor> results;
  for (const at::Tensor& output : found->second.outputs) results.push_back(output.narrow(0, 0, rows).clone());  // [rows, ...]
  return results;
}

StepGraphs::Entry StepGraphs::NewEntry(absl::Span<const Parts> inputs, int64_t bucket) {
  Entry entry;
  for (const Parts& parts : inputs) {
    std::vector<int64_t> shape = parts.front().sizes().vec();
    shape[0] = bucket;
    at::Tensor buffer = at::empty(shape, parts.front().options(), parts.front().suggest_memory_format());  // [bucket, ...]
    buffer.zero_();  // so that rows that fill up are harmless
    entry.inputs.push_back(std::move(buffer));
  }
  entry.given.resize(inputs.size());
  return entry;
}

void StepGraphs::Fill(absl::Span<const Parts> inputs, Entry& entry) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (AreSame(inputs[i], entry.given[i])) continue;
    int64_t first = 0;
    for (const at::Tensor& part : inputs[i]) {
      entry.inputs[i].narrow(0, first, part.size(0)).copy_(part);
      first += part.size(0);
    }
    entry.given[i] = inputs[i];
  }
}

void StepGraphs::Record(const Function& function, Entry& entry) {
  // Outputs lie outside of what is recorded, since recordings share the memory of their intermediate tensors.
  for (const at::Tensor& result : function(entry.inputs)) entry.outputs.push_back(at::empty_like(result));
  entry.work =
      std::make_unique<RecordedWork>(entry.inputs.front().device(), [function, inputs = entry.inputs, outputs = entry.outputs] {
        const std::vector<at::Tensor> results = function(inputs);
        for (size_t i = 0; i < outputs.size(); ++i) outputs[i].copy_(results[i]);
      });
}

}  // namespace unclip::model
