namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Looks up what must be there.</summary>
internal static class DictionaryAssertions
{
    public static TValue ShouldContainKeyAndGet<TKey, TValue>(this IDictionary<TKey, TValue> dictionary, TKey key)
        where TKey : notnull
    {
        dictionary.ShouldContainKey(key);
        return dictionary[key];
    }
}
