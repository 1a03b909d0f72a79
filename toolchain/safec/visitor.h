// SPDX-License-Identifier: Apache-2.0
// A walk over what services wrote: declarations that the frame's or the system's headers contain
// are left out.
#pragma once
#include "toolchain/safec/rules.h"
#include "clang/AST/RecursiveASTVisitor.h"

namespace safec
{

template <typename Derived> class Visitor : public clang::RecursiveASTVisitor<Derived>
{
public:
    explicit Visitor(const Unit &unit) : unit_(unit), types_(unit.trust) {}

    void run() { this->TraverseDecl(unit_.ast.getTranslationUnitDecl()); }

    bool TraverseDecl(clang::Decl *d)
    {
        if (d != nullptr && !llvm::isa<clang::TranslationUnitDecl>(d) &&
            (d->getBeginLoc().isInvalid() ||
             unit_.trust.expanded(d->getBeginLoc()) != Origin::Service))
            return true;
        return clang::RecursiveASTVisitor<Derived>::TraverseDecl(d);
    }

    // As the compiler understands it, with all braces and conversions; not as it is written, which
    // is what the base class would show.
    bool TraverseInitListExpr(clang::InitListExpr *e)
    {
        if (!e->isSemanticForm() && e->getSemanticForm() != nullptr)
            e = e->getSemanticForm();
        if (!this->getDerived().WalkUpFromInitListExpr(e))
            return false;
        for (clang::Stmt *part : e->children()) {
            if (!this->getDerived().TraverseStmt(part))
                return false;
        }
        return true;
    }

protected:
    // Reports unless the frame spelled it.
    void forbid(clang::SourceLocation at, llvm::StringRef message)
    {
        if (unit_.trust.isService(at))
            unit_.report(at, message);
    }

    const Unit &unit_;
    Types types_;
};

} // namespace safec
