namespace OrleansRaft.Server.Problems;

/// <summary>Text that a client sent, on its way back into a sentence.</summary>
public static class Shortened
{
    private const int LengthMax = 64;

    /// <summary>The text in quotes, cut if it is long.</summary>
    /// <param name="text">The text.</param>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= LengthMax ? $"\"{text}\"" : $"\"{Cut(text)}...\"";
    }

    // A cut between the halves of a surrogate pair would leave a character that JSON cannot hold.
    private static string Cut(string text) => text[..(char.IsHighSurrogate(text[LengthMax - 1]) ? LengthMax - 1 : LengthMax)];
}
