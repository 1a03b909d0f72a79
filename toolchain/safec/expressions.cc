// SPDX-License-Identifier: Apache-2.0
// No pointer out of nothing: casts, pointer arithmetic, and the fields that are the frame's.
#include "toolchain/safec/visitor.h"
#include "clang/AST/Attr.h"

using namespace clang;

namespace safec
{
namespace
{

QualType plain(QualType t)
{
    t = t.getCanonicalType();
    if (auto *atomic = t->getAs<AtomicType>())
        t = atomic->getValueType().getCanonicalType();
    return t;
}

bool isPointer(QualType t) { return plain(t)->isAnyPointerType(); }

class Expressions : public Visitor<Expressions>
{
public:
    using Visitor::Visitor;

    bool VisitCastExpr(CastExpr *e)
    {
        SourceLocation at = place(e);
        switch (e->getCastKind()) {
        case CK_IntegralToPointer:
            forbid(at, "an integer becomes a pointer");
            break;
        case CK_PointerToIntegral:
            forbid(at, "a pointer becomes an integer");
            break;
        case CK_LValueBitCast:
        case CK_LValueToRValueBitCast:
        case CK_AddressSpaceConversion:
            forbid(at, "an object is seen as another type");
            break;
        case CK_BuiltinFnToFnPtr:
            if (!isa<ImplicitCastExpr>(e))
                forbid(at, "a builtin becomes a pointer");
            break;
        case CK_BitCast:
            checkBitCast(e, at);
            break;
        case CK_LValueToRValue:
            if (types_.isPinned(e->getType()))
                forbid(at, "a structure of the frame's that must not be copied");
            break;
        case CK_ArrayToPointerDecay:
            checkText(e->getSubExpr(), at);
            break;
        default:
            break;
        }
        checkQualifiers(e, at);
        return true;
    }

    bool VisitUnaryOperator(UnaryOperator *e)
    {
        if (e->isIncrementDecrementOp() && isPointer(e->getType()))
            forbid(e->getOperatorLoc(), "pointer arithmetic");
        if (e->getOpcode() == UO_AddrOf)
            checkText(e->getSubExpr(), e->getOperatorLoc());
        return true;
    }

    bool VisitBinaryOperator(BinaryOperator *e)
    {
        BinaryOperatorKind op = e->getOpcode();
        bool pointers = isPointer(e->getLHS()->getType()) || isPointer(e->getRHS()->getType());
        if (pointers && (e->isAdditiveOp() || op == BO_AddAssign || op == BO_SubAssign))
            forbid(e->getOperatorLoc(), "pointer arithmetic");
        if (pointers && e->isRelationalOp())
            forbid(e->getOperatorLoc(), "pointers have no order");
        if (e->isAssignmentOp() && types_.isPinned(e->getLHS()->getType()))
            forbid(e->getOperatorLoc(), "a structure of the frame's that must not be copied");
        return true;
    }

    // Also inside the frame's macros, which take any type.
    bool VisitAtomicExpr(AtomicExpr *e)
    {
        llvm::StringRef op = e->getOpAsString();
        SourceLocation at = unit_.ast.getSourceManager().getExpansionLoc(e->getBuiltinLoc());
        if (op.contains("fetch") && isPointer(e->getValueType()))
            unit_.report(at, "pointer arithmetic");
        forbid(e->getBuiltinLoc(), "a builtin that is not on the list");
        return true;
    }

    bool VisitMemberExpr(MemberExpr *e)
    {
        auto *field = dyn_cast<FieldDecl>(e->getMemberDecl());
        if (field == nullptr)
            return true;
        if (types_.isPrivate(field))
            forbid(e->getMemberLoc(), "a field that is the frame's");
        QualType whole = unit_.ast.getRecordType(field->getParent());
        if (field->getParent()->isUnion() && (types_.hasPointer(whole) || types_.hasPrivate(whole)))
            forbid(e->getMemberLoc(), "a member of a union with pointers");
        return true;
    }

    // A value for a field of the frame's is forged, whatever it is; leaving it out makes it zero.
    bool VisitInitListExpr(InitListExpr *e)
    {
        const RecordType *type = e->getType()->getAs<RecordType>();
        if (type == nullptr)
            return true;
        unsigned i = 0;
        for (auto *field : type->getDecl()->fields()) {
            if (field->isUnnamedBitField())
                continue;
            const Expr *value = i < e->getNumInits() ? e->getInit(i) : nullptr;
            i++;
            if (type->getDecl()->isUnion() && e->getInitializedFieldInUnion() != field)
                continue;
            if (type->getDecl()->isUnion() && e->getNumInits() > 0)
                value = e->getInit(0);
            if (value != nullptr && types_.isPrivate(field) &&
                !isa<ImplicitValueInitExpr, NoInitExpr>(value))
                forbid(value->getBeginLoc(), "a field that is the frame's");
        }
        return true;
    }

    bool VisitDesignatedInitExpr(DesignatedInitExpr *e)
    {
        for (const auto &d : e->designators()) {
            if (d.isFieldDesignator() && d.getFieldDecl() != nullptr &&
                types_.isPrivate(d.getFieldDecl()))
                forbid(d.getFieldLoc(), "a field that is the frame's");
        }
        return true;
    }

    bool VisitStmtExpr(StmtExpr *e)
    {
        forbid(e->getLParenLoc(), "a statement expression");
        return true;
    }
    bool VisitVAArgExpr(VAArgExpr *e)
    {
        forbid(e->getBuiltinLoc(), "variable arguments");
        return true;
    }

private:
    static SourceLocation place(const CastExpr *e)
    {
        auto *c = dyn_cast<CStyleCastExpr>(e);
        return c != nullptr ? c->getLParenLoc() : e->getExprLoc();
    }

    void checkBitCast(const CastExpr *e, SourceLocation at)
    {
        const Expr *from = e->getSubExpr();
        if (from->isNullPointerConstant(unit_.ast, Expr::NPC_ValueDependentIsNotNull))
            return;
        QualType a = from->getType(), b = e->getType();
        if (!a->isPointerType() || !b->isPointerType())
            return forbid(at, "an object is seen as another type");
        if (unit_.ast.hasSameUnqualifiedType(a->getPointeeType(), b->getPointeeType()))
            return; // qualifiers alone
        if (b->isVoidPointerType())
            return forbid(at, "a pointer becomes void *");
        forbid(at, a->isVoidPointerType() ? "void * becomes a pointer"
                                          : "a pointer becomes one of another type");
    }

    // -Wcast-qual says the same, for warnings that are on.
    void checkQualifiers(const CastExpr *e, SourceLocation at)
    {
        QualType a = e->getSubExpr()->getType(), b = e->getType();
        while (a->isPointerType() && b->isPointerType()) {
            a = a->getPointeeType();
            b = b->getPointeeType();
            if ((a.isConstQualified() && !b.isConstQualified()) ||
                (a.isVolatileQualified() && !b.isVolatileQualified()) ||
                (a->isAtomicType() != b->isAtomicType() && !b->isVoidType() && !a->isVoidType()))
                return forbid(at, "a cast drops a qualifier");
        }
    }

    // A `const char *` is a string that ends, because only literals become one.
    void checkText(const Expr *e, SourceLocation at)
    {
        e = e->IgnoreParens();
        QualType t = e->getType().getCanonicalType();
        while (auto *array = t->getAsArrayTypeUnsafe())
            t = array->getElementType().getCanonicalType();
        if (t->isSpecificBuiltinType(BuiltinType::Char_S) && !isa<StringLiteral, PredefinedExpr>(e))
            forbid(at, "a pointer to characters that are no literal; bytes are uint8_t");
    }
};

} // namespace

void checkExpressions(const Unit &unit) { Expressions(unit).run(); }

} // namespace safec
