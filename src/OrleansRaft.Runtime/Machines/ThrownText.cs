namespace OrleansRaft.Runtime.Machines;

/// <summary>What an exception of a user's code says, which is user's code as well: it may say nothing, or throw.</summary>
internal static class ThrownText
{
    /// <summary>Its message, whatever the exception makes of that.</summary>
    public static string MessageOf(Exception? thrown)
    {
        try
        {
            return thrown?.Message ?? "it has no message";
        }
        catch (Exception exception)
        {
            return $"its message cannot be read, since that throws {exception.GetType().Name}";
        }
    }

    /// <summary>The same without its last full stop, for the middle of a sentence.</summary>
    public static string Of(Exception? thrown) => MessageOf(thrown).TrimEnd('.');

    /// <summary>The exception itself if it can be logged, and otherwise one in its place: a log would throw at whoever writes to it.</summary>
    public static Exception? Loggable(Exception? thrown)
    {
        try
        {
            _ = thrown?.ToString();
            return thrown;
        }
        catch (Exception exception)
        {
            return new InvalidOperationException($"{thrown!.GetType()}, whose text cannot be read, since that throws {exception.GetType().Name}.");
        }
    }
}
