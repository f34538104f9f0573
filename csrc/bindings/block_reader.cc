// BlockReader: random access through a Python function that reads from a file.
#include "bindings/bindings.h"

#include <algorithm>
#include <memory>

#include "bindings/buffers.h"
#include "codec/block_reader.h"

namespace py = pybind11;

namespace fastnz::bindings {
namespace {

codec::BlockReader::ReadAt make_read_at(py::function read_at) {
  // The function is shared by pointer: copies of the std::function must not touch Python's reference count without the
  // GIL.
  const std::shared_ptr<py::function> function(new py::function(std::move(read_at)), [](py::function* pointer) {
    const py::gil_scoped_acquire gil;
    delete pointer;
  });
  return [function](uint64_t offset, uint64_t size) {
    const py::gil_scoped_acquire gil;
    const py::object piece = (*function)(offset, size);
    const BufferView view(piece);
    const base::ByteSpan bytes = view.bytes().first(std::min<size_t>(view.bytes().size(), size));
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  };
}

class BlockReader {
 public:
  BlockReader(py::function read_at, uint64_t size, uint64_t max_memory, const std::string& device) {
    codec::DeviceChoice choice = named_device(device);
    codec::BlockReader::ReadAt read = make_read_at(std::move(read_at));
    const py::gil_scoped_release release;
    reader_ = std::make_unique<codec::BlockReader>(std::move(read), size, codec::Limits{~uint64_t{0}, max_memory}, std::move(choice));
  }

  uint64_t content_size() const { return reader_->content_size(); }
  size_t block_count() const { return reader_->blocks().size(); }
  bool used_index() const { return reader_->used_index(); }

  py::tuple block_of(uint64_t position) const {
    if (position >= reader_->content_size())
      throw py::index_error("position " + std::to_string(position) + " is not in the content, which has " +
                            std::to_string(reader_->content_size()) + " bytes");
    const size_t k = reader_->block_of(position);
    const codec::BlockReader::Block& block = reader_->blocks()[k];
    return py::make_tuple(k, block.content_offset, block.content_size);
  }

  py::bytes read_block(size_t k) const {
    if (k >= block_count())
      throw py::index_error("block " + std::to_string(k) + " of " + std::to_string(block_count()));
    py::object out;
    codec::Monitor monitor(0, make_poll({}));
    {
      const py::gil_scoped_release release;
      const auto allocate = [&](uint64_t size) {
        const py::gil_scoped_acquire gil;
        py::bytes made = new_bytes(size, "max_memory");
        const base::MutableByteSpan room = fillable(made);
        out = std::move(made);
        return room;
      };
      reader_->read_block(k, allocate, &monitor);
    }
    return out;
  }

 private:
  std::unique_ptr<codec::BlockReader> reader_;
};

}  // namespace

void bind_block_reader(py::module_& module) {
  py::class_<BlockReader>(module, "BlockReader")
      .def(py::init<py::function, uint64_t, uint64_t, std::string>(), py::arg("read_at"), py::arg("size"), py::kw_only(),
           py::arg("max_memory") = ~uint64_t{0}, py::arg("device") = "auto")
      .def_property_readonly("content_size", &BlockReader::content_size)
      .def_property_readonly("block_count", &BlockReader::block_count)
      .def_property_readonly("used_index", &BlockReader::used_index)
      .def("block_of", &BlockReader::block_of, py::arg("position"))
      .def("read_block", &BlockReader::read_block, py::arg("k"));
}

}  // namespace fastnz::bindings
