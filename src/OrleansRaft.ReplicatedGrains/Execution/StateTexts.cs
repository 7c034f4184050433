using System.Linq.Expressions;
using System.Reflection;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>
/// The texts and arrays in states of a type. As long as they are those that were read with the state, it holds nothing that the program has
/// elsewhere, and may stay an object as a call has changed it, see <see cref="PlainStates"/>. Any thread.
/// </summary>
internal sealed class StateTexts
{
    private readonly Func<object, object?>[] fields;

    private StateTexts(IEnumerable<FieldInfo> fields) => this.fields = [.. fields.Select(GetterOf)];

    /// <summary>Those of a type; null where its states may hold more than values, lists of values, texts and arrays of values.</summary>
    public static StateTexts? Of(Type state) => PlainStates.FindTexts(state) is { } fields ? new StateTexts(fields) : null;

    /// <summary>Those of a state.</summary>
    public object?[] In(object state)
    {
        if (fields.Length == 0)
        {
            return [];
        }

        var texts = new object?[fields.Length];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = fields[i](state);
        }

        return texts;
    }

    /// <summary>Whether a state has the texts and arrays that it was read with.</summary>
    /// <param name="state">The state.</param>
    /// <param name="read">What it was read with; null where it was not read.</param>
    public bool AreIn(object state, object?[]? read)
    {
        for (var i = 0; i < fields.Length; i++)
        {
            if (read is null || !ReferenceEquals(fields[i](state), read[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static Func<object, object?> GetterOf(FieldInfo field)
    {
        var state = Expression.Parameter(typeof(object));
        return Expression.Lambda<Func<object, object?>>(Expression.Field(Expression.Convert(state, field.DeclaringType!), field), state).Compile();
    }
}
