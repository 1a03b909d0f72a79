// SPDX-License-Identifier: Apache-2.0
// What a unit believes of the names that it shares with others, for testing/boundary to compare:
//
//     tag|name|owner|hash          a structure, union or enumeration
//     symbol|name|owner|def or use|hash
//
// The owner is "frame", "system" or "service", by the first declaration; the hash is of the type.
#include "toolchain/safec/visitor.h"
#include "clang/AST/Attr.h"
#include "clang/AST/RecordLayout.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

using namespace clang;

namespace safec
{
namespace
{

class Fingerprint : public RecursiveASTVisitor<Fingerprint>
{
public:
    explicit Fingerprint(const Unit &unit) : unit_(unit), out_(text_) {}

    std::string take()
    {
        TraverseDecl(unit_.ast.getTranslationUnitDecl());
        return text_;
    }

    // Only what files can share: nothing inside functions.
    bool TraverseStmt(Stmt *) { return true; }
    bool TraverseFunctionDecl(FunctionDecl *d)
    {
        symbol(d, d->isDefined());
        return true;
    }

    bool VisitVarDecl(VarDecl *d)
    {
        symbol(d, d->hasDefinition() != VarDecl::DeclarationOnly);
        return true;
    }

    bool VisitTagDecl(TagDecl *d)
    {
        if (!d->isThisDeclarationADefinition() || d->getIdentifier() == nullptr)
            return true;
        out_ << "tag|" << d->getName() << '|' << owner(d) << '|' << hash(describe(d)) << '\n';
        return true;
    }

private:
    const char *owner(const Decl *d)
    {
        switch (unit_.trust.expanded(d->getCanonicalDecl()->getLocation())) {
        case Origin::Frame:
            return "frame";
        case Origin::System:
            return "system";
        case Origin::Service:
            break;
        }
        return "service";
    }

    static std::string hash(llvm::StringRef text)
    {
        return llvm::utohexstr(llvm::xxh3_64bits(text), /*LowerCase=*/true, /*Width=*/16);
    }

    // Types by their names; structures without one by their fields.
    std::string type(QualType t)
    {
        t = t.getCanonicalType();
        auto *tagged = t->getAsTagDecl();
        if (tagged != nullptr && tagged->getIdentifier() == nullptr && tagged->getDefinition())
            return describe(tagged->getDefinition());
        if (auto *array = unit_.ast.getAsConstantArrayType(t))
            return "[" + llvm::utostr(array->getSize().getZExtValue()) + "]" +
                   type(array->getElementType());
        return t.getAsString(unit_.ast.getPrintingPolicy());
    }

    std::string describe(const TagDecl *d)
    {
        std::string text;
        llvm::raw_string_ostream s(text);
        s << d->getKindName() << '{';
        if (auto *e = dyn_cast<EnumDecl>(d)) {
            s << type(e->getIntegerType()) << ';';
            for (auto *c : e->enumerators())
                s << c->getName() << '=' << c->getInitVal() << ';';
        } else if (auto *r = dyn_cast<RecordDecl>(d)) {
            const ASTRecordLayout &layout = unit_.ast.getASTRecordLayout(r);
            s << layout.getSize().getQuantity() << ',' << layout.getAlignment().getQuantity()
              << ';';
            for (auto *f : r->fields())
                s << f->getName() << '@' << layout.getFieldOffset(f->getFieldIndex()) << ':'
                  << type(f->getType()) << (f->isBitField() ? "#" : "")
                  << (hasMark(f, "frame_private") ? "!" : "") << ';';
            s << (hasMark(r, "frame_pinned") ? "}!" : "}");
        }
        return text;
    }

    void symbol(const DeclaratorDecl *d, bool defined)
    {
        if (!d->isExternallyVisible() || d->getDeclContext()->isFunctionOrMethod() ||
            d->getIdentifier() == nullptr || d != d->getMostRecentDecl())
            return;
        auto *f = dyn_cast<FunctionDecl>(d);
        if (f != nullptr && f->getBuiltinID() != 0)
            return;
        out_ << "symbol|" << d->getName() << '|' << owner(d) << '|' << (defined ? "def" : "use")
             << '|' << hash(type(d->getType())) << '\n';
    }

    const Unit &unit_;
    std::string text_;
    llvm::raw_string_ostream out_;
};

} // namespace

std::string fingerprint(const Unit &unit) { return Fingerprint(unit).take(); }

} // namespace safec
