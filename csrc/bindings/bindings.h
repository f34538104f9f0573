// One function per topic; each fills the extension module (or a submodule) with that topic's names. module.cc calls
// them all. Only files of this folder include pybind11.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace fastnz::codec {
class DeviceChoice;
}

namespace fastnz::bindings {

void bind_errors();                               // base::Error -> fastnz.errors
void bind_frames(pybind11::module_& module);      // whole buffers, raw records, skippable frames, frame_info
void bind_many(pybind11::module_& module);        // lists of small buffers
void bind_streams(pybind11::module_& module);     // StreamEncoder, StreamDecoder
void bind_block_reader(pybind11::module_& module);  // BlockReader
void bind_tables(pybind11::module_& module);      // levels, models, transforms
void bind_weights(pybind11::module_& module);     // weight files and the store of networks
void bind_dictionaries(pybind11::module_& module);  // making dictionaries
void bind_testing_dictionaries(pybind11::module_& module);  // into the submodule `testing`
void bind_lanes(pybind11::module_& module);       // the lanes mode
void bind_online(pybind11::module_& module);      // networks that learn while they code
void bind_testing_online(pybind11::module_& module);  // into the submodule `testing`
void bind_testing_starts(pybind11::module_& module);  // into the same submodule
void bind_testing_networks(pybind11::module_& module);    // into the submodule `testing`
void bind_testing_transforms(pybind11::module_& module);  // into the same submodule
void bind_testing_cuda(pybind11::module_& module);        // into the same submodule
void bind_devices(pybind11::module_& module);     // accelerators
codec::DeviceChoice named_device(const std::string& name);  // what a parameter `device` means
void bind_testing(pybind11::module_& module);  // submodule `testing`: coders, checksums and kernels, for tests only

}  // namespace fastnz::bindings
