using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace OrleansRaft.Core;

/// <summary>Checks what must be true, in release builds too.</summary>
internal static class Invariant
{
    /// <summary>Throws when <paramref name="condition"/> does not hold.</summary>
    /// <param name="condition">What must be true.</param>
    /// <param name="property">The property that the condition protects, in the words of the paper.</param>
    /// <param name="expression">The source text of the condition; filled in by the compiler.</param>
    /// <exception cref="InvariantViolationException">The condition is false: the replica must stop.</exception>
    public static void Holds(
        [DoesNotReturnIf(false)] bool condition,
        string property,
        [CallerArgumentExpression(nameof(condition))] string expression = "")
    {
        if (!condition)
        {
            throw new InvariantViolationException($"{property}: expected {expression}");
        }
    }
}
