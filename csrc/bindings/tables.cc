// What this build has: levels, models, transforms.
#include <algorithm>

#include "bindings/bindings.h"
#include "codec/levels.h"
#include "format/layout.h"
#include "models/registry.h"
#include "transforms/transform.h"
#include "transforms/words/words.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

py::list levels() {
  py::list rows;
  for (const codec::Level& level : codec::levels()) {
    py::dict row;
    row["level"] = level.level;
    row["model"] = level.learner != 0 ? "hybrid_online" : level.network_required ? "hybrid" : level.model;
    row["tier"] = level.network_required ? level.network_tier : level.tier;
    row["block_size"] = level.block_size;
    row["memory"] = codec::model_memory_bound(level, level.block_size);
    row["default"] = level.level == codec::kDefaultLevel;
    rows.append(row);
  }
  return rows;
}

uint64_t model_memory(int level, uint64_t size, uint64_t model) {
  const codec::Level row = codec::find_level(level, model);
  return codec::model_memory_bound(row, std::min<uint64_t>(size, format::kMaxBlockSize)) +
         codec::training_memory(row) + (codec::wants_words(row) ? transforms::kWordsForwardMemory : 0);
}

uint64_t block_size(int level, uint64_t model) { return codec::find_level(level, model).block_size; }

py::list models() {
  py::list rows;
  for (const models::ModelRow& model : models::model_rows()) {
    py::dict row;
    row["id"] = model.id;
    row["name"] = model.name;
    row["kind"] = model.make_symbol_model ? "symbol" : model.lane_layout ? "lanes" : "bit";
    rows.append(row);
  }
  return rows;
}

py::list transforms() {
  py::list rows;
  for (const transforms::TransformRow& transform : transforms::transform_rows()) {
    py::dict row;
    row["id"] = transform.id;
    row["name"] = transform.name;
    rows.append(row);
  }
  return rows;
}

}  // namespace

void bind_tables(py::module_& module) {
  module.def("levels", &levels);
  module.def("model_memory", &model_memory, py::arg("level"), py::arg("size"), py::arg("model") = 0);
  module.def("block_size", &block_size, py::arg("level"), py::arg("model") = 0);
  module.def("models", &models);
  module.def("transforms", &transforms);
}

}  // namespace fastnz::bindings
