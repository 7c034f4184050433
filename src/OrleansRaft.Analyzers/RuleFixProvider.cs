using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace OrleansRaft.Analyzers;

/// <summary>What fixes have in common: they mend the reports of some rules, one by one or all at once.</summary>
public abstract class RuleFixProvider : CodeFixProvider
{
    /// <summary>Makes fixes for rules.</summary>
    private protected RuleFixProvider(params DiagnosticDescriptor[] rules) =>
        FixableDiagnosticIds = rules.Select(static rule => rule.Id).ToImmutableArray();

    /// <inheritdoc/>
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; }

    /// <inheritdoc/>
    public sealed override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        foreach (var diagnostic in context.Diagnostics)
        {
            if (await FixAsync(context, diagnostic).ConfigureAwait(false) is { } fix)
            {
                context.RegisterCodeFix(fix, diagnostic);
            }
        }
    }

    /// <summary>The fix of one report; null where there is none.</summary>
    private protected abstract Task<CodeAction?> FixAsync(CodeFixContext context, Diagnostic diagnostic);
}
