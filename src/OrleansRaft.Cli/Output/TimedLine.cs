namespace OrleansRaft.Cli.Output;

/// <summary>A line that says what happened, and when.</summary>
/// <param name="Time">When, such as <c>" 12.4 s"</c>.</param>
/// <param name="Text">What.</param>
internal readonly record struct TimedLine(string Time, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Time}  {Text}";
}
