#include "train/data_source.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "train/data/folder_dataset.h"
#include "train/data/shapes_judge.h"
#include "train/data/shapes_world.h"
#include "train/data/tar_dataset.h"

namespace unclip::train {
namespace {

// Neighbours in another dataset, which must outlive it.
class Part : public Dataset {
 public:
  Part(const Dataset& whole, int64_t begin, int64_t count) : whole_(whole), begin_(begin), count_(count) {}

  int64_t size() const override { return count_; }
  absl::StatusOr<Example> Read(int64_t index, uint64_t variant, const Window& window) const override {
    return whole_.Read(begin_ + index, variant, window);
  }
  std::string Name(int64_t index) const override { return whole_.Name(begin_ + index); }

 private:
  const Dataset& whole_;
  const int64_t begin_;
  const int64_t count_;
};

// Another world than the one that is trained on.
uint64_t HeldOutSeed(uint64_t seed) { return ~seed; }

Figures JudgeAll(const ShapesWorld& world, const std::vector<RgbImage>& pictures) {
  Figures figures = {{"count", 0}, {"background", 0}, {"color", 0}, {"shape", 0}, {"size", 0}, {"relation", 0}, {"all", 0}};
  for (size_t i = 0; i < pictures.size(); ++i) {
    const ShapesVerdict verdict = JudgeShapes(pictures[i], world.SceneAt(static_cast<int64_t>(i)));
    const bool right[] = {verdict.count, verdict.background, verdict.color, verdict.shape,
                          verdict.size,  verdict.relation,   verdict.all()};
    for (size_t k = 0; k < figures.size(); ++k) figures[k].second += right[k] ? 1.0 / static_cast<double>(pictures.size()) : 0;
  }
  return figures;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const DataSource>> DataSource::Open(const DataSourceOptions& options) {
  auto source = absl::WrapUnique(new DataSource());
  if (options.kind == DataSourceOptions::Kind::kShapes) {
    source->training_ = std::make_unique<ShapesWorld>(options.seed, options.siblings, options.forward);
    auto held_out = std::make_unique<ShapesWorld>(HeldOutSeed(options.seed), options.siblings);
    source->judge_ = [world = held_out.get()](const std::vector<RgbImage>& pictures) { return JudgeAll(*world, pictures); };
    source->held_out_ = std::move(held_out);
    return source;
  }
  ASSIGN_OR_RETURN(source->all_, options.kind == DataSourceOptions::Kind::kFolder ? OpenFolderDataset(options.path)
                                                                                  : OpenTarDataset(options.path));
  const int64_t size = source->all_->size();
  if (size <= options.held_out) {
    return absl::InvalidArgumentError(absl::StrCat(options.path, ": has ", size,
                                                   " pictures, of which option \"data.held_out\" = ", options.held_out,
                                                   " are kept back; it must be below the number of pictures"));
  }
  source->held_out_ = std::make_unique<Part>(*source->all_, 0, options.held_out);
  source->training_ = std::make_unique<Part>(*source->all_, options.held_out, size - options.held_out);
  return source;
}

}  // namespace unclip::train
