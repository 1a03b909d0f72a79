// SPDX-License-Identifier: Apache-2.0
#include "toolchain/safec/rules.h"
#include "clang/AST/Attr.h"
#include "clang/AST/Type.h"

using namespace clang;

namespace safec
{

bool hasMark(const Decl *d, llvm::StringRef mark)
{
    for (auto *a : d->specific_attrs<BTFDeclTagAttr>()) {
        if (a->getBTFDeclTag() == mark)
            return true;
    }
    return false;
}

// The type without arrays and _Atomic around it.
static QualType core(QualType t)
{
    t = t.getCanonicalType();
    for (;;) {
        if (auto *array = t->getAsArrayTypeUnsafe())
            t = array->getElementType().getCanonicalType();
        else if (auto *atomic = t->getAs<AtomicType>())
            t = atomic->getValueType().getCanonicalType();
        else
            return t;
    }
}

static const RecordDecl *record(QualType t)
{
    auto *type = core(t)->getAs<RecordType>();
    return type != nullptr ? type->getDecl()->getDefinition() : nullptr;
}

bool Types::hasPointer(QualType t) const
{
    if (core(t)->isAnyPointerType() || core(t)->isNullPtrType())
        return true;
    const RecordDecl *r = record(t);
    return r != nullptr &&
           llvm::any_of(r->fields(), [this](auto *f) { return hasPointer(f->getType()); });
}

// Defined in a header that frame.h does not show: nothing of it is a service's.
bool Types::isInside(const RecordDecl *r) const
{
    return trust_.spelled(r->getLocation()) == Origin::Frame &&
           !trust_.isInterface(trust_.nameOf(r->getLocation()));
}

bool Types::isPrivate(const FieldDecl *f) const
{
    const RecordDecl *r = f->getParent();
    if (hasMark(f, "frame_private") || hasMark(r, "frame_pinned"))
        return true;
    return isInside(r) &&
           (r->getIdentifier() != nullptr || r->getTypedefNameForAnonDecl() == nullptr);
}

bool Types::hasPrivate(QualType t) const
{
    const RecordDecl *r = record(t);
    return r != nullptr && llvm::any_of(r->fields(), [this](auto *f) {
               return isPrivate(f) || hasPrivate(f->getType());
           });
}

bool Types::isPinned(QualType t) const
{
    const RecordDecl *r = record(t);
    if (r == nullptr)
        return false;
    if (hasMark(r, "frame_pinned") || isInside(r))
        return true;
    return llvm::any_of(r->fields(), [this](auto *f) { return isPinned(f->getType()); });
}

} // namespace safec
