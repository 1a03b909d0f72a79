// SPDX-License-Identifier: Apache-2.0
// The rules of safe C (docs/safe-c.md), by concern.
#pragma once
#include "toolchain/safec/trust.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include <memory>
#include <string>

namespace clang
{
class Preprocessor;
}

namespace safec
{

// preprocessor.cc
void watchPreprocessor(clang::Preprocessor &pp, std::shared_ptr<Trust> trust);

// What a rule looks at: a unit, once it is parsed.
struct Unit {
    clang::ASTContext &ast;
    Trust &trust;
    Reporter report;
};

// types.cc: what values of a type carry with them.
class Types
{
public:
    explicit Types(Trust &trust) : trust_(trust) {}

    // A pointer, in itself or in a part.
    bool hasPointer(clang::QualType t) const;
    // Parts that are the frame's alone.
    bool hasPrivate(clang::QualType t) const;
    // A structure that stays where it is and is not copied.
    bool isPinned(clang::QualType t) const;
    bool isPrivate(const clang::FieldDecl *f) const;

private:
    bool isInside(const clang::RecordDecl *r) const;

    Trust &trust_;
};

bool hasMark(const clang::Decl *d, llvm::StringRef mark);

// expressions.cc, indexing.cc, calls.cc, declarations.cc, jumps.cc
void checkExpressions(const Unit &unit);
void checkIndexing(const Unit &unit);
void checkCalls(const Unit &unit);
void checkDeclarations(const Unit &unit);
void checkJumps(const Unit &unit);

// fingerprint.cc: a line for each type, function and variable that other files may know too.
std::string fingerprint(const Unit &unit);

} // namespace safec
