// SPDX-License-Identifier: Apache-2.0
// A variable is zero at its declaration (-ftrivial-auto-var-init) and garbage if the declaration
// is jumped over. So goto leads out of blocks and over no declaration, and what a switch's case
// declares has a block of its own.
#include "toolchain/safec/visitor.h"
#include "clang/AST/Attr.h"

using namespace clang;

namespace safec
{
namespace
{

// Where a statement is: each block around it, with the index of the part that it is in.
using Path = llvm::SmallVector<std::pair<const Stmt *, unsigned>, 8>;

class Jumps : public Visitor<Jumps>
{
public:
    using Visitor::Visitor;

    bool VisitFunctionDecl(FunctionDecl *d)
    {
        if (!d->doesThisDeclarationHaveABody())
            return true;
        labels_.clear();
        gotos_.clear();
        Path path;
        collect(d->getBody(), path);
        for (auto &[jump, from] : gotos_)
            check(jump, from);
        return true;
    }

    bool VisitIndirectGotoStmt(IndirectGotoStmt *s)
    {
        forbid(s->getGotoLoc(), "a computed goto");
        return true;
    }
    bool VisitAddrLabelExpr(AddrLabelExpr *e)
    {
        forbid(e->getAmpAmpLoc(), "a computed goto");
        return true;
    }

    bool VisitSwitchStmt(SwitchStmt *s)
    {
        auto *body = dyn_cast<CompoundStmt>(s->getBody());
        llvm::DenseSet<const Stmt *> direct;
        if (body != nullptr) {
            for (const Stmt *part : body->body()) {
                if (isDeclaration(part))
                    forbid(part->getBeginLoc(), "a declaration in a switch, outside a block");
                while (auto *c = dyn_cast<SwitchCase>(part)) {
                    direct.insert(c);
                    part = c->getSubStmt();
                    if (isDeclaration(part))
                        forbid(part->getBeginLoc(), "a declaration in a switch, outside a block");
                }
            }
        } else if (auto *c = dyn_cast<SwitchCase>(s->getBody())) {
            direct.insert(c);
        }
        for (const SwitchCase *c = s->getSwitchCaseList(); c != nullptr;
             c = c->getNextSwitchCase()) {
            if (!direct.contains(c))
                forbid(c->getKeywordLoc(), "a case inside another statement");
        }
        return true;
    }

private:
    static bool isDeclaration(const Stmt *s)
    {
        while (auto *l = dyn_cast<LabelStmt>(s))
            s = l->getSubStmt();
        auto *d = dyn_cast<DeclStmt>(s);
        return d != nullptr && llvm::any_of(d->decls(), [](const Decl *each) {
                   auto *v = dyn_cast<VarDecl>(each);
                   return v != nullptr && v->hasLocalStorage();
               });
    }

    void collect(const Stmt *s, Path &path)
    {
        if (s == nullptr)
            return;
        if (auto *l = dyn_cast<LabelStmt>(s))
            labels_[l->getDecl()] = path;
        if (auto *g = dyn_cast<GotoStmt>(s))
            gotos_.push_back({g, path});
        // A label's statement and a case's are in the block that the label is in.
        bool block = !isa<LabelStmt, SwitchCase, AttributedStmt, Expr>(s);
        if (block)
            path.push_back({s, 0});
        for (const Stmt *child : s->children()) {
            collect(child, path);
            if (block)
                path.back().second++;
        }
        if (block)
            path.pop_back();
    }

    void check(const GotoStmt *jump, const Path &from)
    {
        const Path &to = labels_[jump->getLabel()];
        for (unsigned i = 0; i + 1 < to.size(); i++) {
            if (i >= from.size() || from[i] != to[i])
                return forbid(jump->getGotoLoc(), "goto into a block");
        }
        unsigned depth = to.size() - 1;
        if (to.empty() || depth >= from.size() || from[depth].first != to[depth].first)
            return forbid(jump->getGotoLoc(), "goto into a block");
        auto *block = dyn_cast<CompoundStmt>(to[depth].first);
        if (block == nullptr)
            return forbid(jump->getGotoLoc(), "goto into a block");
        const Stmt *const *parts = block->body_begin();
        for (unsigned i = from[depth].second + 1; i < to[depth].second; i++) {
            if (isDeclaration(parts[i]))
                return forbid(jump->getGotoLoc(), "goto over a declaration");
        }
    }

    llvm::DenseMap<const LabelDecl *, Path> labels_;
    llvm::SmallVector<std::pair<const GotoStmt *, Path>, 8> gotos_;
};

} // namespace

void checkJumps(const Unit &unit) { Jumps(unit).run(); }

} // namespace safec
