using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansRaft.Cli.Output;

/// <summary>
/// What a full screen shows: a top that is cut off at the bottom where it does not fit, the latest of some lines below it, and a foot that is always
/// seen.
/// </summary>
/// <param name="Top">What stands first. Tables that are too wide lose their last columns.</param>
/// <param name="Lines">What happened, the oldest first. Lines that are too long are wrapped.</param>
/// <param name="Foot">The last lines, such as the keys.</param>
internal sealed record ScreenFrame(IReadOnlyList<IRenderable> Top, IReadOnlyList<TimedLine> Lines, IRenderable Foot)
{
    /// <summary>The frame's lines, with their colors as escape sequences.</summary>
    /// <param name="width">How many columns there are.</param>
    /// <param name="height">How many rows there are; the result has no more.</param>
    public IReadOnlyList<string> Fit(int width, int height)
    {
        var foot = RenderedLines.Of(Foot, width, isColored: true);
        var top = RenderedLines.Of(new Rows(Top.Select(part => part is Table table ? TableParts.Of(table, width)[0] : part)), width, isColored: true);
        var happened = RenderedLines.Of(Lines, width);

        var room = Math.Max(0, height - foot.Count);
        var topRows = Math.Min(top.Count, room);
        var tail = Math.Min(happened.Count, room - topRows);
        return [.. top.Take(topRows), .. happened.TakeLast(tail), .. foot.Take(height)];
    }
}
