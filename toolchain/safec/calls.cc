// SPDX-License-Identifier: Apache-2.0
// What services may name and call: the interface of the frame's, and a few builtins.
#include "toolchain/safec/visitor.h"
#include "clang/AST/Attr.h"
#include "clang/Basic/Builtins.h"

using namespace clang;

namespace safec
{
namespace
{

const llvm::StringSet<> &builtins()
{
    static const llvm::StringSet<> set = {
        "__builtin_expect",       "__builtin_clz",          "__builtin_clzl",
        "__builtin_clzll",        "__builtin_clzg",         "__builtin_ctz",
        "__builtin_ctzl",         "__builtin_ctzll",        "__builtin_ctzg",
        "__builtin_ffs",          "__builtin_ffsl",         "__builtin_ffsll",
        "__builtin_popcount",     "__builtin_popcountl",    "__builtin_popcountll",
        "__builtin_popcountg",    "__builtin_bswap16",      "__builtin_bswap32",
        "__builtin_bswap64",      "__builtin_add_overflow", "__builtin_sub_overflow",
        "__builtin_mul_overflow", "__builtin_constant_p",   "__builtin_trap",
        "__builtin_rotateleft32", "__builtin_rotateleft64", "__c11_atomic_thread_fence",
    };
    return set;
}

class Calls : public Visitor<Calls>
{
public:
    using Visitor::Visitor;

    bool VisitDeclRefExpr(DeclRefExpr *e)
    {
        if (unit_.trust.isService(e->getLocation()))
            checkName(e->getDecl(), e->getLocation());
        return true;
    }

    bool VisitAttr(Attr *a)
    {
        if (auto *c = dyn_cast<CleanupAttr>(a))
            checkName(c->getFunctionDecl(), a->getLocation());
        return true;
    }

    bool VisitCallExpr(CallExpr *e)
    {
        const FunctionDecl *f = e->getDirectCallee();
        if (f != nullptr && f->getBuiltinID() != 0 && !builtins().contains(f->getName()))
            forbid(e->getExprLoc(), "a builtin that is not on the list");
        const auto *type = calleeType(e);
        if (type != nullptr && type->isVariadic())
            checkVariadic(e, type->getNumParams());
        if (f != nullptr)
            checkBytes(e, f);
        return true;
    }

private:
    static const FunctionProtoType *calleeType(const CallExpr *e)
    {
        QualType t = e->getCallee()->getType();
        if (t->isPointerType())
            t = t->getPointeeType();
        return t->getAs<FunctionProtoType>();
    }

    void checkName(const ValueDecl *d, SourceLocation at)
    {
        SourceLocation made = unit_.trust.placeOf(d->getCanonicalDecl()->getLocation());
        if (made.isInvalid() || unit_.trust.spelled(made) != Origin::Frame)
            return;
        auto *var = dyn_cast<VarDecl>(d);
        if (!isa<FunctionDecl>(d) && (var == nullptr || var->isLocalVarDeclOrParm()))
            return;
        if (var != nullptr && var->isConstexpr())
            return;
        if (hasMark(d, "frame_only") ||
            hasMark(cast<ValueDecl>(d->getCanonicalDecl()), "frame_only") ||
            !unit_.trust.isInterface(unit_.trust.nameOf(made)))
            unit_.report(at, "a name of the frame's inside");
    }

    // Numbers and strings: what the frame prints needs nothing else, and a pointer to what is no
    // string would be read up to a zero somewhere.
    void checkVariadic(const CallExpr *e, unsigned fixed)
    {
        for (unsigned i = fixed; i < e->getNumArgs(); i++) {
            const Expr *arg = e->getArg(i)->IgnoreImpCasts();
            QualType t = e->getArg(i)->getType().getCanonicalType();
            bool text = t->isPointerType() &&
                        t->getPointeeType()->isSpecificBuiltinType(BuiltinType::Char_S);
            if (!t->isIntegerType() && !text)
                forbid(arg->getExprLoc(), "only integers and strings are printed");
        }
    }

    // FRAME_BYTES marks a pointer whose target becomes bytes, FRAME_MOVES one whose target is
    // moved.
    void checkBytes(const CallExpr *e, const FunctionDecl *f)
    {
        if (unit_.trust.expanded(e->getExprLoc()) == Origin::Frame)
            return;
        for (unsigned i = 0; i < f->getNumParams() && i < e->getNumArgs(); i++) {
            bool bytes = hasMark(f->getParamDecl(i), "frame_bytes");
            if (!bytes && !hasMark(f->getParamDecl(i), "frame_moves"))
                continue;
            const Expr *arg = e->getArg(i)->IgnoreParenImpCasts();
            SourceLocation at = unit_.ast.getSourceManager().getExpansionLoc(e->getExprLoc());
            QualType t = arg->getType();
            if (!t->isPointerType())
                continue;
            t = t->getPointeeType();
            if (!bytes && types_.isPinned(t))
                unit_.report(at, "a structure of the frame's that must not be copied");
            if (!bytes)
                continue;
            if (types_.hasPointer(t) || types_.hasPrivate(t))
                unit_.report(at, "the bytes of something with pointers or the frame's fields");
            else if (!isConst(f->getParamDecl(i)) && isText(arg))
                unit_.report(at, "the bytes of a literal, to write to");
        }
    }

    static bool isConst(const ParmVarDecl *p)
    {
        return p->getType()->getPointeeType().isConstQualified();
    }

    static bool isText(const Expr *e)
    {
        auto *address = dyn_cast<UnaryOperator>(e);
        return address != nullptr &&
               isa<StringLiteral, PredefinedExpr>(address->getSubExpr()->IgnoreParens());
    }
};

} // namespace

void checkCalls(const Unit &unit) { Calls(unit).run(); }

} // namespace safec
