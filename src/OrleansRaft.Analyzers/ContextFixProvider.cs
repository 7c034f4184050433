using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansRaft.Analyzers;

/// <summary>Puts what the context of a call offers in the place of clocks and randomness, and sorts what is unordered.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
[Shared]
public sealed class ContextFixProvider() : RuleFixProvider(Rules.Clock, Rules.Randomness, Rules.Unordered)
{
    private static readonly ImmutableDictionary<string, string> Replacements = new Dictionary<string, string>
    {
        ["DateTimeOffset.UtcNow"] = "Context.Time",
        ["DateTimeOffset.Now"] = "Context.Time",
        ["DateTime.UtcNow"] = "Context.Time.UtcDateTime",
        ["Guid.NewGuid"] = "Context.NewGuid",
        ["Guid.CreateVersion7"] = "Context.NewGuid",
        ["Random.Shared"] = "Context.Random",
        ["new Random"] = "Context.Random",
    }.ToImmutableDictionary();

    private protected override async Task<CodeAction?> FixAsync(CodeFixContext context, Diagnostic diagnostic)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true) is not ExpressionSyntax expression)
        {
            return null;
        }

        var text = diagnostic.Id == Rules.Unordered.Id
            ? await SortedAsync(context, expression).ConfigureAwait(false)
            : Replacements.TryGetValue(NameOf(expression), out var known) ? known + (expression is InvocationExpressionSyntax ? "()" : "")
            : null;
        return text is null ? null : CodeAction.Create(
            $"Use {text}",
            _ => Task.FromResult(context.Document.WithSyntaxRoot(
                root.ReplaceNode(expression, SyntaxFactory.ParseExpression(text).WithTriviaFrom(expression)))),
            text);
    }

    private static string NameOf(ExpressionSyntax expression) => expression switch
    {
        InvocationExpressionSyntax invocation => NameOf(invocation.Expression),
        MemberAccessExpressionSyntax access => $"{LastOf(access.Expression)}.{access.Name.Identifier.Text}",
        ObjectCreationExpressionSyntax creation => $"new {LastOf(creation.Type)}",
        _ => "",
    };

    private static string LastOf(ExpressionSyntax name) => name switch
    {
        MemberAccessExpressionSyntax access => access.Name.Identifier.Text,
        QualifiedNameSyntax qualified => qualified.Right.Identifier.Text,
        SimpleNameSyntax simple => simple.Identifier.Text,
        _ => "",
    };

    private static async Task<string?> SortedAsync(CodeFixContext context, ExpressionSyntax collection)
    {
        var model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        return model?.GetTypeInfo(collection, context.CancellationToken).Type is INamedTypeSymbol { IsGenericType: true } type
            ? type.TypeArguments.Length == 2 && !type.Name.EndsWith("Collection", StringComparison.Ordinal)
                ? $"{collection}.OrderBy(static one => one.Key)"
                : $"{collection}.Order()"
            : null;
    }
}
