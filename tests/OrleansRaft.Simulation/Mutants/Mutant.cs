using Microsoft.CodeAnalysis.Text;

namespace OrleansRaft.Simulation.Mutants;

/// <summary>A bug planted into a copy of the sources, to show that the simulator finds it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What is wrong with it.</param>
/// <param name="Assembly">Which assembly it changes, without the common prefix: Core, Runtime or Lab.</param>
/// <param name="File">Which file of its sources.</param>
/// <param name="Original">The text that is replaced; it stands there exactly once.</param>
/// <param name="Planted">What stands there instead.</param>
internal sealed record Mutant(string Name, string Summary, string Assembly, string File, string Original, string Planted)
{
    /// <summary>Which part of the file it replaces; null if its text does not stand there exactly once.</summary>
    /// <param name="text">The file.</param>
    public TextSpan? SpanIn(string text)
    {
        var place = text.IndexOf(Original, StringComparison.Ordinal);
        return place >= 0 && text.IndexOf(Original, place + 1, StringComparison.Ordinal) < 0 ? new TextSpan(place, Original.Length) : null;
    }

    /// <summary>The file with the bug in it.</summary>
    /// <param name="text">The file.</param>
    /// <exception cref="InvalidOperationException">It no longer fits the file.</exception>
    public string PlantInto(string text)
    {
        var span = SpanIn(text)
            ?? throw new InvalidOperationException(
                $"Mutant {Name} replaces a text that no longer stands exactly once in {Assembly}/{File}; adapt the mutant.");
        return string.Concat(text.AsSpan(0, span.Start), Planted, text.AsSpan(span.End));
    }
}
