// SPDX-License-Identifier: Apache-2.0
// safec: holds a C file to the profile that docs/safe-c.md describes, and leaves what the file
// believes of shared names in its object's section .keel.safec (fingerprint.cc).
#include "toolchain/safec/rules.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/AST/Expr.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendPluginRegistry.h"

using namespace clang;

namespace safec
{
namespace
{

class Consumer : public ASTConsumer
{
public:
    Consumer(CompilerInstance &ci, std::shared_ptr<Trust> trust) : ci_(ci), trust_(std::move(trust))
    {
    }

    void HandleTranslationUnit(ASTContext &ast) override
    {
        Unit unit = {ast, *trust_, Reporter(ast.getDiagnostics())};
        checkDeclarations(unit);
        checkExpressions(unit);
        checkIndexing(unit);
        checkCalls(unit);
        checkJumps(unit);
        if (!ast.getDiagnostics().hasErrorOccurred())
            leave(ast, fingerprint(unit));
    }

private:
    // As assembly, for a section that is not loaded; linking drops it (boot/kernel.ld).
    void leave(ASTContext &ast, const std::string &lines)
    {
        std::string text = ".pushsection .keel.safec,\"\",@progbits\n";
        llvm::StringRef rest = lines;
        while (!rest.empty()) {
            auto [line, next] = rest.split('\n');
            text += (".ascii \"" + line + "\\n\"\n").str();
            rest = next;
        }
        text += ".popsection\n";
        QualType type = ast.getStringLiteralArrayType(ast.CharTy, text.size());
        auto *literal = StringLiteral::Create(ast, text, StringLiteralKind::Ordinary, false, type,
                                              SourceLocation());
        auto *block = FileScopeAsmDecl::Create(ast, ast.getTranslationUnitDecl(), literal,
                                               SourceLocation(), SourceLocation());
        ci_.getASTConsumer().HandleTopLevelDecl(DeclGroupRef(block));
    }

    CompilerInstance &ci_;
    std::shared_ptr<Trust> trust_;
};

class Action : public PluginASTAction
{
    std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &ci, llvm::StringRef) override
    {
        auto trust = std::make_shared<Trust>(ci.getSourceManager());
        watchPreprocessor(ci.getPreprocessor(), trust);
        return std::make_unique<Consumer>(ci, trust);
    }
    bool ParseArgs(const CompilerInstance &, const std::vector<std::string> &) override
    {
        return true;
    }
    ActionType getActionType() override { return AddBeforeMainAction; }
};

} // namespace
} // namespace safec

static clang::FrontendPluginRegistry::Add<safec::Action> registration("safec",
                                                                      "safe C for services");
