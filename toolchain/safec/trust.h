// SPDX-License-Identifier: Apache-2.0
// Whose text a token is. Trust goes by the file in which a token is physically spelled: neither
// #line nor a macro's expansion changes that, and what ## pastes together is nobody's file.
#pragma once
#include "clang/AST/ASTContext.h"
#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSet.h"
#include <string>

namespace safec
{

enum class Origin {
    Service, // held to the profile; also what is in no file at all
    System,  // the compiler's headers and Linux's: may declare anything, but nothing is done for
             // them
    Frame,   // trusted
};

class Trust
{
public:
    explicit Trust(clang::SourceManager &sm) : sm_(sm) {}

    // By where the token is spelled, and by where it ends up after macro expansion.
    Origin spelled(clang::SourceLocation at)
    {
        return of(sm_.getFileID(sm_.getSpellingLoc(at)), at);
    }
    Origin expanded(clang::SourceLocation at)
    {
        return of(sm_.getFileID(sm_.getExpansionLoc(at)), at);
    }

    // Whether the profile's rules are for this token.
    bool isService(clang::SourceLocation at)
    {
        return at.isValid() && spelled(at) != Origin::Frame;
    }

    // Where a declaration's name stands: of one pasted together, where its macro was used.
    clang::SourceLocation placeOf(clang::SourceLocation at)
    {
        clang::SourceLocation spelling = sm_.getSpellingLoc(at);
        return sm_.isWrittenInScratchSpace(spelling) ? sm_.getExpansionLoc(at) : spelling;
    }

    // The file's name as the build knows it: relative to the workspace, without "." and "..", and
    // without the folder of generated files. Empty if it is not below the workspace.
    std::string name(clang::FileID file);
    std::string nameOf(clang::SourceLocation at)
    {
        return name(sm_.getFileID(sm_.getSpellingLoc(at)));
    }
    static std::string normalise(llvm::StringRef path);
    static Origin originOf(llvm::StringRef name);

    // Whether the file is one that frame.h includes, or frame.h itself.
    bool isInterface(llvm::StringRef name);

private:
    Origin of(clang::FileID file, clang::SourceLocation at);
    void readInterface();

    clang::SourceManager &sm_;
    llvm::DenseMap<clang::FileID, Origin> cache_;
    llvm::StringSet<> interface_;
};

// The one form of this plugin's messages.
class Reporter
{
public:
    explicit Reporter(clang::DiagnosticsEngine &diags)
        : diags_(diags), id_(diags.getCustomDiagID(clang::DiagnosticsEngine::Error, "safe C: %0"))
    {
    }
    void operator()(clang::SourceLocation at, llvm::StringRef message) const
    {
        diags_.Report(at, id_) << message;
    }

private:
    clang::DiagnosticsEngine &diags_;
    unsigned id_;
};

} // namespace safec
