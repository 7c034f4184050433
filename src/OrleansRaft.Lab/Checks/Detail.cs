using System.Globalization;
using System.Runtime.CompilerServices;

namespace OrleansRaft.Lab.Checks;

/// <summary>A sentence that is put together only when a check fails: checks run after every step.</summary>
[InterpolatedStringHandler]
internal ref struct Detail
{
    private DefaultInterpolatedStringHandler text;

    public Detail(int literalLength, int formattedCount, bool condition, out bool isNeeded)
    {
        isNeeded = !condition;
        text = isNeeded ? new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture) : default;
    }

    public void AppendLiteral(string value) => text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => text.AppendFormatted(value);

    public string ToStringAndClear() => text.ToStringAndClear();
}
