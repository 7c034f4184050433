using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Reflection;
using OrleansRaft.ReplicatedGrains.Calls;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>
/// Which types of states may stay objects between calls: those of which an object that was changed for long and one that was just read from its bytes
/// cannot be told apart. Any thread.
/// </summary>
/// <remarks>
/// <para>
/// A dictionary or a set is none: after a removal it goes through its items in another order than one that is read from its bytes. Nor is a class
/// that others may derive from, or one with a field that is not serialized.
/// </para>
/// <para>
/// Orleans writes an object that it meets a second time as a reference to the first. A text of the program, such as a literal, is one object wherever
/// it is used, and another one where it was read: so an object that a call has changed writes other bytes than one that was read before the same
/// call, unless there is nothing in it that the program could have more than once: see <see cref="StateTexts"/>.
/// </para>
/// </remarks>
internal static class PlainStates
{
    private static readonly ConcurrentDictionary<Type, bool> Known = new();

    private static readonly HashSet<Type> Values =
    [
        typeof(string), typeof(decimal), typeof(Guid), typeof(DateTime), typeof(DateTimeOffset), typeof(TimeSpan), typeof(DateOnly), typeof(TimeOnly),
    ];

    private static readonly HashSet<Type> Collections = [typeof(List<>), typeof(ImmutableArray<>), typeof(ImmutableList<>), typeof(Nullable<>)];

    private static readonly HashSet<Type> Unordered =
    [
        typeof(ImmutableDictionary<,>),
        typeof(ImmutableHashSet<>),
        typeof(ConcurrentDictionary<,>),
        typeof(ConcurrentBag<>),
        typeof(FrozenDictionary<,>),
        typeof(FrozenSet<>), typeof(IImmutableDictionary<,>), typeof(IImmutableSet<>),
    ];

    /// <summary>Whether states of this type may stay objects as they were read.</summary>
    public static bool IsPlain(Type type) => Known.GetOrAdd(type, static one => IsPlain(one, []));

    /// <summary>
    /// The fields that hold a text or an array of values, where all others hold values or lists of values: nothing else can be found elsewhere in the
    /// program. Null where there are others.
    /// </summary>
    public static IEnumerable<FieldInfo>? FindTexts(Type type)
    {
        List<FieldInfo> others = [.. Fields(type).Where(static field => !IsValue(field.FieldType) && !IsListOfValues(field.FieldType))];
        return IsPlain(type) && others.TrueForAll(static field => field.FieldType == typeof(string) || IsArrayOfValues(field.FieldType))
            ? others
            : null;
    }

    /// <summary>
    /// A type within a type of states that goes through its items in another order in each process, so that equal states have other bytes; null when
    /// there is none.
    /// </summary>
    public static Type? FindUnordered(Type type) => FindUnordered(type, []);

    private static Type? FindUnordered(Type type, HashSet<Type> seen)
    {
        if (!seen.Add(type))
        {
            return null;
        }

        if (type.IsGenericType && Unordered.Contains(type.GetGenericTypeDefinition()))
        {
            return type;
        }

        var inner = type.IsArray ? [type.GetElementType()!]
            : type.IsGenericType ? type.GetGenericArguments()
            : Enumerable.Empty<Type>();
        var fields = type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false)
            ? Fields(type).Where(SerializedFields.IsOne).Select(static field => field.FieldType)
            : [];
        return inner.Concat(fields).Select(one => FindUnordered(one, seen)).FirstOrDefault(static one => one is not null);
    }

    private static bool IsListOfValues(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>) && IsValue(type.GetGenericArguments()[0]);

    private static bool IsArrayOfValues(Type type) => type.IsSZArray && IsValue(type.GetElementType()!);

    private static bool IsValue(Type type) =>
        type.IsValueType && (Values.Contains(type) || type.IsEnum || type.IsPrimitive || Fields(type).All(static field => IsValue(field.FieldType)));

    private static bool IsPlain(Type type, HashSet<Type> seen)
    {
        if (Values.Contains(type) || type.IsEnum || (type.IsPrimitive && type != typeof(nint) && type != typeof(nuint)))
        {
            return true;
        }

        if (type.IsSZArray)
        {
            return IsPlain(type.GetElementType()!, seen);
        }

        if (type.IsGenericType && Collections.Contains(type.GetGenericTypeDefinition()))
        {
            return IsPlain(type.GetGenericArguments()[0], seen);
        }

        if (!type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false) || !(type.IsSealed || type.IsValueType))
        {
            return false;
        }

        return !seen.Add(type) || Fields(type).All(field => SerializedFields.IsOne(field) && IsPlain(field.FieldType, seen));
    }

    private static IEnumerable<FieldInfo> Fields(Type type)
    {
        for (var one = type; one is not null && one != typeof(object) && one != typeof(ValueType); one = one.BaseType)
        {
            foreach (var field in one.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            {
                yield return field;
            }
        }
    }
}
