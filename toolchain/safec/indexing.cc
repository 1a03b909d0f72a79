// SPDX-License-Identifier: Apache-2.0
// Elements of arrays. -fsanitize=bounds checks an index against the array's length exactly where
// the element is read or written as a scalar, is asked for a member, or is indexed again; in all
// other places it lets one past the end through. Those are ELEM's (kernel/frame/base/array.h).
#include "toolchain/safec/visitor.h"

using namespace clang;

namespace safec
{
namespace
{

class Indexing : public Visitor<Indexing>
{
public:
    using Visitor::Visitor;

    bool VisitImplicitCastExpr(ImplicitCastExpr *e)
    {
        if (e->getCastKind() == CK_LValueToRValue && !e->getType()->isRecordType())
            accept(e->getSubExpr()->IgnoreParens());
        if (e->getCastKind() != CK_ArrayToPointerDecay || accepted_.contains(e))
            return true;
        if (e->getSubExpr()->getType()->isIncompleteArrayType())
            forbid(e->getExprLoc(), "an array of unknown length");
        return true;
    }

    bool VisitMemberExpr(MemberExpr *e)
    {
        if (!e->isArrow())
            accept(e->getBase());
        return true;
    }

    bool VisitBinaryOperator(BinaryOperator *e)
    {
        if (e->isAssignmentOp() && !e->getType()->isRecordType())
            accept(e->getLHS());
        return true;
    }

    bool VisitArraySubscriptExpr(ArraySubscriptExpr *e)
    {
        Expr *base = e->getBase();
        auto *decay = dyn_cast<ImplicitCastExpr>(base);
        const ConstantArrayType *array = nullptr;
        if (decay != nullptr && decay->getCastKind() == CK_ArrayToPointerDecay) {
            array = unit_.ast.getAsConstantArrayType(decay->getSubExpr()->getType());
            accept(decay->getSubExpr());
        } else if (base->IgnoreParens()->getType()->isVectorType()) {
            forbid(e->getRBracketLoc(), "vectors");
        }
        if (e->getLHS() != base)
            forbid(e->getRBracketLoc(), "the index before the array");
        if (array == nullptr) {
            forbid(e->getRBracketLoc(), "indexing through a pointer");
            return true;
        }
        Expr::EvalResult index;
        if (e->getIdx()->EvaluateAsInt(index, unit_.ast)) {
            llvm::APSInt i = index.Val.getInt();
            if (i.isNegative() || i.getZExtValue() >= array->getSize().getZExtValue())
                forbid(e->getRBracketLoc(), "an index beyond the array");
        } else if (!accepted_.contains(e)) {
            forbid(e->getRBracketLoc(), "an index that is not checked here: use ELEM()");
        }
        return true;
    }

private:
    // The parent comes first in the walk.
    void accept(const Expr *e)
    {
        if (isa<ArraySubscriptExpr>(e))
            accepted_.insert(e);
    }

    llvm::DenseSet<const Expr *> accepted_;
};

} // namespace

void checkIndexing(const Unit &unit) { Indexing(unit).run(); }

} // namespace safec
