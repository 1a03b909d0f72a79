// SPDX-License-Identifier: Apache-2.0
// What the preprocessor may do: no directive that hides whose text is whose, includes from the
// allow-list alone, and no macro of a service's inside the frame's text.
#include "clang/Lex/Preprocessor.h"
#include "toolchain/safec/rules.h"
#include "clang/Lex/PPCallbacks.h"

using namespace clang;
using llvm::StringRef;

namespace safec
{
namespace
{

// Compiler headers that need no run time and hide no assembly.
const llvm::StringSet<> &compilerHeaders()
{
    static const llvm::StringSet<> set = {"limits.h", "stdalign.h",    "stdbool.h",   "stddef.h",
                                          "stdint.h", "stdnoreturn.h", "stdckdint.h", "iso646.h"};
    return set;
}

constexpr StringRef REACHES = "a macro of the service's reaches into a header that is not its own";

// "kernel/hello/x/y.c" -> "kernel/hello/"
StringRef room(StringRef name)
{
    size_t first = name.find('/');
    size_t second = first == StringRef::npos ? first : name.find('/', first + 1);
    return second == StringRef::npos ? StringRef() : name.take_front(second + 1);
}

class Directives : public PPCallbacks
{
public:
    Directives(Preprocessor &pp, std::shared_ptr<Trust> trust)
        : pp_(pp), sm_(pp.getSourceManager()), trust_(std::move(trust)),
          report_(pp.getDiagnostics())
    {
        pp_.setTokenWatcher([this](const Token &t) {
            if (!t.isAnnotation())
                previous_ = t.getKind();
        });
    }

    void InclusionDirective(SourceLocation hash, const Token &directive, StringRef, bool,
                            CharSourceRange, OptionalFileEntryRef file, StringRef, StringRef,
                            const Module *, bool, SrcMgr::CharacteristicKind) override
    {
        if (!service(hash))
            return;
        if (directive.getIdentifierInfo()->getPPKeywordID() != tok::pp_include)
            return report_(hash, "only #include includes");
        std::string path = file ? Trust::normalise(file->getName()) : "";
        checkInclude(hash, path);
        // A declaration begun before the directive would go on in the header.
        if (Trust::originOf(path) != Origin::Service && previous_ != tok::unknown &&
            previous_ != tok::semi && previous_ != tok::r_brace)
            report_(hash, "a header of the frame's is included between declarations");
    }

    void PragmaDirective(SourceLocation at, PragmaIntroducerKind kind) override
    {
        SourceLocation place = sm_.getExpansionLoc(at);
        if (!service(place) || predefined(place))
            return;
        bool bad = false;
        StringRef text(sm_.getCharacterData(place, &bad));
        if (kind == PIK_HashPragma && !bad && once(text))
            return;
        report_(place, "pragmas are not for services");
    }

    void FileChanged(SourceLocation at, FileChangeReason reason, SrcMgr::CharacteristicKind,
                     FileID) override
    {
        if (sm_.isWrittenInBuiltinFile(at) || sm_.isWrittenInCommandLineFile(at) || !service(at))
            return;
        if (reason == RenameFile)
            report_(at, "line directives are not for services");
    }

    void MacroDefined(const Token &name, const MacroDirective *directive) override
    {
        SourceLocation at = name.getLocation();
        if (predefined(at))
            return;
        // The directive that this one follows.
        auto *earlier = llvm::dyn_cast_or_null<DefMacroDirective>(directive->getPrevious());
        bool theirs = earlier != nullptr && !ofService(earlier->getInfo());
        if (!service(at)) {
            if (earlier != nullptr && !theirs)
                report_(earlier->getInfo()->getDefinitionLoc(), REACHES);
            return;
        }
        IdentifierInfo *id = name.getIdentifierInfo();
        if (id->isKeyword(pp_.getLangOpts()) || reserved(id->getName()))
            report_(at, "this name is not for a service's macros");
        else if (theirs)
            report_(at, "a macro that is not the service's is redefined");
    }

    void MacroUndefined(const Token &name, const MacroDefinition &def,
                        const MacroDirective *) override
    {
        if (service(name.getLocation()) && !predefined(name.getLocation()) &&
            !ofService(def.getMacroInfo()))
            report_(name.getLocation(), "a macro that is not the service's is undefined");
    }

    void MacroExpands(const Token &name, const MacroDefinition &def, SourceRange,
                      const MacroArgs *) override
    {
        SourceLocation at = name.getLocation();
        const MacroInfo *macro = def.getMacroInfo();
        if (macro == nullptr || macro->isBuiltinMacro())
            return;
        SourceLocation made = macro->getDefinitionLoc();
        bool pasted = sm_.isWrittenInScratchSpace(sm_.getSpellingLoc(at));
        Origin user = trust_->spelled(at), owner = trust_->spelled(made);
        if (ofService(macro) && (user != Origin::Service || pasted) &&
            !configures(name.getIdentifierInfo()->getName(), made))
            report_(at, pasted ? "a pasted name is a macro" : REACHES);
        if (user == Origin::Service && owner == Origin::Frame &&
            !trust_->isInterface(trust_->nameOf(made)))
            report_(at, "a macro of the frame's inside");
    }

    void Ifdef(SourceLocation at, const Token &name, const MacroDefinition &def) override
    {
        condition(at, name, def);
    }
    void Ifndef(SourceLocation at, const Token &name, const MacroDefinition &def) override
    {
        condition(at, name, def);
    }
    void Elifdef(SourceLocation at, const Token &name, const MacroDefinition &def) override
    {
        condition(at, name, def);
    }
    void Elifndef(SourceLocation at, const Token &name, const MacroDefinition &def) override
    {
        condition(at, name, def);
    }
    void Defined(const Token &name, const MacroDefinition &def, SourceRange range) override
    {
        condition(range.getBegin(), name, def);
    }

private:
    bool service(SourceLocation at) { return trust_->spelled(at) == Origin::Service; }

    bool predefined(SourceLocation at)
    {
        return sm_.isWrittenInBuiltinFile(at) || sm_.isWrittenInCommandLineFile(at);
    }

    static bool once(StringRef text)
    {
        if (!text.consume_front("#"))
            return false;
        text = text.take_until([](char c) { return c == '\n' || c == '\r'; }).trim();
        return text == "pragma once";
    }

    static bool reserved(StringRef name)
    {
        return name.starts_with("__") ||
               (name.size() > 1 && name[0] == '_' && name[1] >= 'A' && name[1] <= 'Z');
    }

    bool ofService(const MacroInfo *macro)
    {
        return macro != nullptr && !macro->isBuiltinMacro() && service(macro->getDefinitionLoc()) &&
               !sm_.isWrittenInBuiltinFile(macro->getDefinitionLoc());
    }

    // The build configures the frame by -DKEEL_...
    bool configures(StringRef name, SourceLocation made)
    {
        return sm_.isWrittenInCommandLineFile(made) && name.starts_with("KEEL_");
    }

    void condition(SourceLocation at, const Token &name, const MacroDefinition &def)
    {
        if (trust_->spelled(at) != Origin::Service && ofService(def.getMacroInfo()) &&
            !configures(name.getIdentifierInfo()->getName(),
                        def.getMacroInfo()->getDefinitionLoc()))
            report_(def.getMacroInfo()->getDefinitionLoc(), REACHES);
    }

    void checkInclude(SourceLocation at, StringRef path)
    {
        std::string own = trust_->name(sm_.getMainFileID());
        switch (Trust::originOf(path)) {
        case Origin::Frame:
            if (!trust_->isInterface(path))
                report_(at, "a header of the frame's inside: frame.h does not show it");
            return;
        case Origin::System:
            if (!path.starts_with("external/uapi/") &&
                !compilerHeaders().contains(llvm::StringRef(path).rsplit('/').second))
                report_(at, "a compiler header that is not for services");
            return;
        case Origin::Service:
            if (path.empty() || room(path).empty() || room(path) != room(own))
                report_(at, "a header from outside this kernel");
            else if (!path.ends_with(".h") && !path.ends_with(".def"))
                report_(at, "only .h and .def files are included");
        }
    }

    Preprocessor &pp_;
    SourceManager &sm_;
    std::shared_ptr<Trust> trust_;
    Reporter report_;
    tok::TokenKind previous_ = tok::unknown;
};

} // namespace

void watchPreprocessor(Preprocessor &pp, std::shared_ptr<Trust> trust)
{
    pp.addPPCallbacks(std::make_unique<Directives>(pp, std::move(trust)));
}

} // namespace safec
