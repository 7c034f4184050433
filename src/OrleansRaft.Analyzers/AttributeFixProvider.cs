using System.Composition;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansRaft.Analyzers;

/// <summary>Adds an alias of the present name, or what makes Orleans serialize a type.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
[Shared]
public sealed class AttributeFixProvider() : RuleFixProvider(Rules.Alias, Rules.Serializer)
{
    private protected override Task<CodeAction?> FixAsync(CodeFixContext context, Diagnostic diagnostic) => Task.FromResult(
        diagnostic.Id == Rules.Alias.Id
            ? CodeAction.Create(
                "Add [Alias] with the present name", cancel => AddAliasAsync(context.Document, diagnostic.Location, cancel), "alias")
            : diagnostic.AdditionalLocations.Count > 0 && diagnostic.AdditionalLocations[0] is { SourceTree: { } tree } declared
                && context.Document.Project.Solution.GetDocument(tree) is { } document
            ? CodeAction.Create("Add [GenerateSerializer] and [Id]", cancel => AddSerializerAsync(document, declared, cancel), "serializer")
            : null);

    private static async Task<Document> AddAliasAsync(Document document, Location location, CancellationToken cancellation)
    {
        var root = await document.GetSyntaxRootAsync(cancellation).ConfigureAwait(false);
        var model = await document.GetSemanticModelAsync(cancellation).ConfigureAwait(false);
        if (root?.FindNode(location.SourceSpan).FirstAncestorOrSelf<MemberDeclarationSyntax>() is not { } declaration
            || model?.GetDeclaredSymbol(declaration, cancellation) is not { } symbol)
        {
            return document;
        }

        // A type's alias is its own in the whole application.
        var name = symbol is INamedTypeSymbol { ContainingNamespace: { IsGlobalNamespace: false } space }
            ? $"{space.ToDisplayString()}.{symbol.Name}"
            : symbol.Name;
        return document.WithSyntaxRoot(root.ReplaceNode(declaration, With(declaration, $"Alias(\"{name}\")")));
    }

    private static async Task<Solution> AddSerializerAsync(Document document, Location location, CancellationToken cancellation)
    {
        var root = await document.GetSyntaxRootAsync(cancellation).ConfigureAwait(false);
        if (root?.FindNode(location.SourceSpan).FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } declaration)
        {
            return document.Project.Solution;
        }

        var id = 0;
        var members = declaration.Members.Select(member =>
            IsKept(member) ? With(member, string.Format(CultureInfo.InvariantCulture, "Id({0})", id++)) : member);
        var changed = (TypeDeclarationSyntax)With(declaration.WithMembers(SyntaxFactory.List(members)), "GenerateSerializer");
        return document.WithSyntaxRoot(root.ReplaceNode(declaration, changed)).Project.Solution;
    }

    /// <summary>A property with a field of its own, or a field.</summary>
    private static bool IsKept(MemberDeclarationSyntax member) =>
        !member.Modifiers.Any(SyntaxKind.StaticKeyword) && !member.Modifiers.Any(SyntaxKind.ConstKeyword) && member switch
        {
            FieldDeclarationSyntax => true,
            PropertyDeclarationSyntax { ExpressionBody: null, AccessorList: { } accessors } =>
                accessors.Accessors.All(static one => one.Body is null && one.ExpressionBody is null),
            _ => false,
        };

    private static MemberDeclarationSyntax With(MemberDeclarationSyntax member, string attribute)
    {
        var parsed = (MemberDeclarationSyntax)SyntaxFactory.ParseMemberDeclaration($"[{attribute}] int x;")!;
        var list = parsed.AttributeLists[0]
            .WithLeadingTrivia(member.GetLeadingTrivia())
            .WithTrailingTrivia(SyntaxFactory.ElasticCarriageReturnLineFeed);
        var indented = member.GetLeadingTrivia().Where(static one => one.IsKind(SyntaxKind.WhitespaceTrivia)).Take(1);
        return member.WithLeadingTrivia(indented).WithAttributeLists(member.WithLeadingTrivia(indented).AttributeLists.Insert(0, list));
    }
}
