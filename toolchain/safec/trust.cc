// SPDX-License-Identifier: Apache-2.0
#include "toolchain/safec/trust.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace clang;
using llvm::StringRef;

namespace safec
{

static constexpr StringRef FRAME = "kernel/frame/";
static constexpr StringRef INTERFACE = "kernel/frame/frame.h";
static constexpr StringRef SYSTEM[] = {
    "external/llvm19/usr/lib/llvm-19/lib/clang/19/include/",
    "external/uapi/include/",
};

std::string Trust::normalise(StringRef path)
{
    llvm::SmallString<256> p(path);
    llvm::sys::path::remove_dots(p, /*remove_dot_dot=*/true);
    StringRef s = p;
    if (llvm::sys::path::is_absolute(s) || s.starts_with(".."))
        return "";
    // bazel-out/<configuration>/bin/...
    if (s.consume_front("bazel-out/")) {
        s = s.split('/').second;
        if (!s.consume_front("bin/") || s.starts_with(FRAME) || s.starts_with("external/"))
            return "";
    }
    return s.str();
}

std::string Trust::name(FileID file)
{
    auto entry = sm_.getFileEntryRefForID(file);
    return entry ? normalise(entry->getName()) : "";
}

Origin Trust::originOf(StringRef name)
{
    if (name.starts_with(FRAME))
        return Origin::Frame;
    for (StringRef prefix : SYSTEM) {
        if (name.starts_with(prefix))
            return Origin::System;
    }
    return Origin::Service;
}

Origin Trust::of(FileID file, SourceLocation at)
{
    if (at.isInvalid())
        return Origin::Frame; // the compiler's own
    auto known = cache_.find(file);
    if (known != cache_.end())
        return known->second;
    return cache_[file] = originOf(name(file));
}

// frame.h is the list: each of its lines that include a header of the frame.
void Trust::readInterface()
{
    interface_.insert(INTERFACE);
    auto text = llvm::MemoryBuffer::getFile(INTERFACE);
    if (!text)
        return;
    StringRef rest = (*text)->getBuffer();
    while (!rest.empty()) {
        auto [line, next] = rest.split('\n');
        rest = next;
        if (line.consume_front("#include \"") && line.consume_back("\""))
            interface_.insert(line);
    }
}

bool Trust::isInterface(StringRef name)
{
    if (interface_.empty())
        readInterface();
    return interface_.contains(name);
}

} // namespace safec
