namespace OrleansRaft.Server;

/// <summary>Text that a client sent, on its way back into a sentence.</summary>
internal static class Shortened
{
    private const int LengthMax = 64;

    /// <summary>The text in quotes, cut if it is long.</summary>
    public static string Of(string text) => text.Length <= LengthMax ? $"\"{text}\"" : $"\"{Cut(text)}...\"";

    // A cut between the halves of a surrogate pair would leave a character that JSON cannot hold.
    private static string Cut(string text) => text[..(char.IsHighSurrogate(text[LengthMax - 1]) ? LengthMax - 1 : LengthMax)];
}
