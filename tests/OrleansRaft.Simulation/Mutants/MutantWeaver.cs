using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace OrleansRaft.Simulation.Mutants;

/// <summary>
/// Puts many bugs into one copy of a file: each member that bugs change gets a body that chooses between the original and the changed ones by a
/// number at run time (mutant schemata), so that the sources are compiled, and made machine code, once for all bugs.
/// </summary>
internal static class MutantWeaver
{
    /// <summary>Weaves bugs into a file's text.</summary>
    /// <param name="text">The file as it is.</param>
    /// <param name="mutants">Bugs of this file, with the numbers by which they are chosen.</param>
    /// <param name="selector">An expression for the chosen number.</param>
    /// <param name="left">Gets the bugs that change something else than the body of one member, or do not fit; they have to be compiled alone, or
    /// refused.</param>
    /// <returns>The text that chooses.</returns>
    public static string Weave(string text, IEnumerable<(Mutant Mutant, int Number)> mutants, string selector, ICollection<Mutant> left)
    {
        var members = MembersOf(text);
        var variants = new SortedDictionary<int, List<(Mutant Mutant, int Number, string Body)>>();
        foreach (var (mutant, number) in mutants)
        {
            if (mutant.SpanIn(text) is { } replaced
                && Find(members, replaced) is { } place
                && PlantedBody(members, place, mutant.PlantInto(text)) is { } body)
            {
                if (!variants.TryGetValue(place, out var others))
                {
                    variants.Add(place, others = []);
                }

                others.Add((mutant, number, body));
            }
            else
            {
                left.Add(mutant);
            }
        }

        var woven = new StringBuilder(text);
        foreach (var (place, bodies) in variants.Reverse())
        {
            var span = members[place].BodySpan;
            woven.Remove(span.Start, span.Length).Insert(span.Start, Choice(members[place], bodies, selector));
        }

        return woven.ToString();
    }

    private static string Choice(Member original, List<(Mutant Mutant, int Number, string Body)> bodies, string selector)
    {
        var choice = new StringBuilder("{\n");
        foreach (var (mutant, number, body) in bodies)
        {
            // A bug that does not compile is named by the compiler.
            choice.Append(null, $"if ({selector} == {number})\n#line 1 \"mutant {mutant.Name}\"\n{body}\n#line default\nelse ");
        }

        choice.Append(original.Body).Append("\n}");
        return original.Node is PropertyDeclarationSyntax or IndexerDeclarationSyntax ? $"{{ get {choice} }}" : choice.ToString();
    }

    private static List<Member> MembersOf(string text) =>
        [.. CSharpSyntaxTree.ParseText(text, MutantCompiler.Parsing).GetRoot().DescendantNodes().Select(Member.Of).OfType<Member>()];

    private static int? Find(List<Member> members, TextSpan replaced)
    {
        var place = members.FindIndex(member => member.Node.FullSpan.Contains(replaced));
        return place < 0 ? null : place;
    }

    /// <summary>The member's body after the change, if nothing but its body has changed.</summary>
    private static string? PlantedBody(List<Member> members, int place, string plantedText)
    {
        var planted = MembersOf(plantedText);
        return planted.Count == members.Count && planted[place].Signature == members[place].Signature ? planted[place].Body : null;
    }

    /// <param name="Node">A member or accessor with a body.</param>
    /// <param name="Body">Its body as a block.</param>
    /// <param name="BodySpan">Where its body stands.</param>
    private sealed record Member(SyntaxNode Node, string Body, TextSpan BodySpan)
    {
        /// <summary>Everything before the body.</summary>
        public string Signature => Node.SyntaxTree.ToString()[Node.SpanStart..BodySpan.Start];

        public static Member? Of(SyntaxNode node)
        {
            var (block, arrow, end) = node switch
            {
                BaseMethodDeclarationSyntax method => (method.Body, method.ExpressionBody, method.SemicolonToken),
                AccessorDeclarationSyntax accessor => (accessor.Body, accessor.ExpressionBody, accessor.SemicolonToken),
                PropertyDeclarationSyntax property => (null, property.ExpressionBody, property.SemicolonToken),
                IndexerDeclarationSyntax indexer => (null, indexer.ExpressionBody, indexer.SemicolonToken),
                _ => default,
            };

            return block is not null ? new Member(node, block.ToString(), block.Span)
                : arrow is not null ? new Member(node, Block(node, arrow.Expression), TextSpan.FromBounds(arrow.SpanStart, end.Span.End))
                : null;
        }

        private static string Block(SyntaxNode node, ExpressionSyntax expression) =>
            expression is ThrowExpressionSyntax || !HasValue(node) ? $"{{ {expression}; }}" : $"{{ return {expression}; }}";

        private static bool HasValue(SyntaxNode node) => node switch
        {
            MethodDeclarationSyntax method => method.Modifiers.Any(SyntaxKind.AsyncKeyword)
                ? method.ReturnType is GenericNameSyntax
                : method.ReturnType is not PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.VoidKeyword },
            AccessorDeclarationSyntax accessor => accessor.IsKind(SyntaxKind.GetAccessorDeclaration),
            ConstructorDeclarationSyntax or DestructorDeclarationSyntax => false,
            _ => true,
        };
    }
}
