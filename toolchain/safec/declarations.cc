// SPDX-License-Identifier: Apache-2.0
// Declarations, types and attributes: nothing that changes what a name means to the linker, where
// an object lies, or what the compiler may assume.
#include "toolchain/safec/visitor.h"
#include "clang/AST/Attr.h"

using namespace clang;

namespace safec
{
namespace
{

class Declarations : public Visitor<Declarations>
{
public:
    using Visitor::Visitor;

    bool VisitFunctionDecl(FunctionDecl *d)
    {
        SourceLocation at = d->getLocation();
        if (d->isVariadic())
            forbid(at, "variable arguments");
        checkExtern(d, d->isDefined());
        return true;
    }

    bool VisitVarDecl(VarDecl *d)
    {
        SourceLocation at = d->getLocation();
        if (d->getTSCSpec() != TSCS_unspecified)
            forbid(at, "a variable of each thread");
        if (d->getType()->isIncompleteArrayType() && !isa<ParmVarDecl>(d))
            forbid(at, "an array of unknown length");
        if (d->isFileVarDecl() || d->isExternC() || d->hasExternalStorage())
            checkExtern(d, d->hasDefinition() != VarDecl::DeclarationOnly);
        return true;
    }

    bool VisitFieldDecl(FieldDecl *d)
    {
        if (d->getType()->isIncompleteArrayType())
            forbid(d->getLocation(), "an array of unknown length");
        return true;
    }

    bool VisitRecordDecl(RecordDecl *d)
    {
        if (!d->isThisDeclarationADefinition())
            return true;
        checkTag(d);
        QualType t = unit_.ast.getRecordType(d);
        if (d->isUnion() && (types_.hasPointer(t) || types_.hasPrivate(t)))
            forbid(d->getLocation(), "a union with pointers");
        return true;
    }

    bool VisitEnumDecl(EnumDecl *d)
    {
        if (d->isThisDeclarationADefinition())
            checkTag(d);
        return true;
    }

    bool VisitFileScopeAsmDecl(FileScopeAsmDecl *d)
    {
        forbid(d->getBeginLoc(), "assembly");
        return true;
    }
    bool VisitAsmStmt(AsmStmt *s)
    {
        forbid(s->getAsmLoc(), "assembly");
        return true;
    }

    bool VisitConstantArrayTypeLoc(ConstantArrayTypeLoc t)
    {
        if (t.getTypePtr()->getSize() == 0)
            forbid(t.getLBracketLoc(), "an array without elements");
        return modifiers(t);
    }
    bool VisitIncompleteArrayTypeLoc(IncompleteArrayTypeLoc t) { return modifiers(t); }
    bool VisitVariableArrayTypeLoc(VariableArrayTypeLoc t)
    {
        forbid(t.getLBracketLoc(), "an array of variable length");
        return true;
    }
    bool VisitVectorTypeLoc(VectorTypeLoc t)
    {
        forbid(t.getNameLoc(), "vectors");
        return true;
    }

    bool VisitFunctionTypeLoc(FunctionTypeLoc t)
    {
        if (t.getTypePtr()->getCallConv() != CC_C)
            forbid(t.getLocalRangeBegin(), "another calling convention");
        return true;
    }

    bool VisitQualifiedTypeLoc(QualifiedTypeLoc t)
    {
        Qualifiers q = t.getType().getLocalQualifiers();
        SourceLocation at = t.getUnqualifiedLoc().getBeginLoc();
        if (q.hasRestrict())
            forbid(at, "restrict");
        if (q.hasVolatile())
            forbid(at, "volatile; what other CPUs change is _Atomic");
        if (q.hasAddressSpace())
            forbid(at, "another address space");
        return true;
    }

    bool VisitPointerTypeLoc(PointerTypeLoc t)
    {
        if (t.getType().isRestrictQualified())
            forbid(t.getStarLoc(), "restrict");
        return true;
    }

    bool VisitAttr(Attr *a)
    {
        if (!a->isImplicit() && !a->isInherited())
            checkAttribute(a);
        return true;
    }
    bool VisitAttributedTypeLoc(AttributedTypeLoc t)
    {
        if (t.getAttr() != nullptr)
            checkAttribute(t.getAttr());
        return true;
    }
    bool VisitCountAttributedTypeLoc(CountAttributedTypeLoc t)
    {
        forbid(t.getBeginLoc(), "this attribute");
        return true;
    }
    bool VisitBTFTagAttributedTypeLoc(BTFTagAttributedTypeLoc t)
    {
        forbid(t.getBeginLoc(), "this attribute");
        return true;
    }
    bool VisitAttributedStmt(AttributedStmt *s)
    {
        for (const Attr *a : s->getAttrs())
            checkAttribute(a);
        return true;
    }

private:
    template <typename Loc> bool modifiers(Loc t)
    {
        if (t.getTypePtr()->getSizeModifier() == ArraySizeModifier::Static)
            forbid(t.getLBracketLoc(), "a promise about an argument");
        return true;
    }

    // What other files see is declared in headers, where both sides read it.
    void checkExtern(const NamedDecl *d, bool defined)
    {
        const SourceManager &sm = unit_.ast.getSourceManager();
        if (d->isExternallyVisible() && sm.isInMainFile(sm.getExpansionLoc(d->getLocation()))) {
            if (!defined || d->getLexicalDeclContext()->isFunctionOrMethod())
                forbid(d->getLocation(), "an extern declaration outside a header");
        }
    }

    // One meaning for each tag that the frame uses.
    void checkTag(const TagDecl *d)
    {
        if (d->getIdentifier() == nullptr)
            return;
        for (const Decl *other : unit_.ast.getTranslationUnitDecl()->lookup(d->getDeclName())) {
            if (isa<TagDecl>(other) && unit_.trust.spelled(other->getLocation()) == Origin::Frame)
                forbid(d->getLocation(), "a tag of the frame's");
        }
    }

    void checkAttribute(const Attr *a)
    {
        switch (a->getKind()) {
        case attr::WarnUnusedResult:
        case attr::Unused:
        case attr::FallThrough:
        case attr::CXX11NoReturn:
        case attr::C11NoReturn:
        case attr::NoReturn:
        case attr::Deprecated:
        case attr::Likely:
        case attr::Unlikely:
        case attr::Final:
        case attr::FlagEnum:
            return;
        case attr::Aligned:
            if (cast<AlignedAttr>(a)->isAlignas())
                return;
            break;
        case attr::Cleanup:
            if (sameTarget(cast<CleanupAttr>(a)))
                return;
            break;
        default:
            break;
        }
        forbid(a->getLocation(), "this attribute");
    }

    // The variable that the function gets is of the type it says: void * would do for the compiler.
    static bool sameTarget(const CleanupAttr *a)
    {
        const FunctionDecl *f = a->getFunctionDecl();
        return f->getNumParams() == 1 && !f->getParamDecl(0)->getType()->isVoidPointerType();
    }
};

// Attributes that a service's text puts on a declaration of the frame's: the walk leaves it out.
void checkPrefixes(const Unit &unit)
{
    for (const Decl *d : unit.ast.getTranslationUnitDecl()->decls()) {
        if (d->getLocation().isInvalid() ||
            unit.trust.expanded(d->getLocation()) == Origin::Service)
            continue;
        if (d->getBeginLoc().isValid() && unit.trust.expanded(d->getBeginLoc()) == Origin::Service)
            unit.report(d->getBeginLoc(),
                        "a header of the frame's is included between declarations");
        for (const Attr *a : d->attrs()) {
            if (a->getLocation().isValid() &&
                unit.trust.spelled(a->getLocation()) == Origin::Service)
                unit.report(a->getLocation(), "this attribute");
        }
    }
}

} // namespace

void checkDeclarations(const Unit &unit)
{
    Declarations(unit).run();
    checkPrefixes(unit);
}

} // namespace safec
